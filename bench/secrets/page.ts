import { createServer, type Server } from 'node:http';

/**
 * A page with every kind of field that must not be read. What is in such a field is painted in green, which nothing else on the page is: a picture
 * that still shows some of it can be told by its colours.
 */
const style = `body{font:16px sans-serif;margin:20px;background:#fff;color:#000}button{color:#000}
.s,input.s,textarea.s{color:#080;background:#8f8;border:2px solid #0c0;outline:none;caret-color:#080;font:16px monospace;width:330px;accent-color:#000}
iframe{border:1px solid #000;width:560px;height:60px}p{margin:8px 0}`;

const main = (
  frameUrl: string,
): string => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Settle the account</title><style>${style}</style>
<h1>Settle the account</h1>
<p><label>Name <input id="name"></label> <button id="save" onclick="this.textContent='Saved'">Save</button></p>
<p><label>Password <input class="s" id="pw" type="password"></label> <button id="show" onclick="pw.type=pw.type==='password'?'text':'password'">Show password</button></p>
<p><label>Card number <input class="s" id="card" autocomplete="cc-number"></label></p>
<p><label>Code from your phone <input class="s" id="otp" autocomplete="one-time-code"></label></p>
<p data-stepwright-protect><label>Internal remark <textarea class="s" id="marked" rows="1"></textarea></label></p>
<p><label>Turns secret when you enter it <input id="turns" onfocus="this.type='password';this.className='s'"></label></p>
<x-vault></x-vault>
<p><iframe id="inner" srcdoc="<style>${style}</style><label>PIN of the same page <input class=s id=pin type=password></label>"></iframe></p>
<p><iframe id="outer" src="${frameUrl}"></iframe></p>
<script>customElements.define('x-vault',class extends HTMLElement{constructor(){super();this.attachShadow({mode:'open'}).innerHTML='<style>${style.replaceAll('\n', ' ')}</style><p><label>Vault key <input class="s" id="deep" type="password"></label></p>'}})</script>`;

const framed = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Bank</title><style>${style}</style><label>PIN of the bank <input class="s" id="bank" type="password"></label>`;

export interface SecretPages {
  readonly url: string;
  close(): void;
}

/** Two origins, so that one frame is a stranger's. */
export async function serveSecretPages(): Promise<SecretPages> {
  const bank = await serve(() => framed);
  const site = await serve(() => main(bank.url));
  return {
    url: site.url,
    close: () => {
      for (const { server } of [bank, site]) server.close();
    },
  };
}

async function serve(body: () => string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end(body()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/` };
}
