import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { decodeImage } from '../../processors/adapters/images/decode-image.ts';
import type { CaptureEvent, Screenshot } from '../../schemas/types/capture-event.ts';
import { createBrowserRecorder } from './browser-recorder.ts';
import { browserFlags, findBrowser } from './find-browser.ts';

const executablePath = findBrowser(process.env['PATH'] ?? '');
const skip = executablePath === undefined ? 'no Chromium on this machine' : false;
const captureScript = readFileSync(new URL('../../agent/capture/inject.bundle.js', import.meta.url), 'utf8');

/** Green is what must be covered, and nothing else is green. */
const style = `<style>body{margin:0;font:16px sans-serif;height:2400px}.s{color:#080;background:#8f8;border:2px solid #0c0;outline:none;caret-color:#080;width:200px;height:26px}
iframe{border:0;width:300px;height:60px;position:absolute;left:420px;top:10px}#slide{position:absolute;top:120px;left:-260px;transition:left .25s cubic-bezier(.3,1.8,.6,1)}
#slide.in{left:300px}#box{position:absolute;top:200px;left:20px;width:300px;height:90px;overflow:auto}#bounce{position:absolute;top:320px;left:20px}
@keyframes b{0%{transform:none}40%{transform:translate(400px,60px)}70%{transform:translate(50px,120px)}100%{transform:none}}#bounce.on{animation:b .6s}
#fix{position:fixed;bottom:0;left:20px}.bar{position:fixed;top:60px;left:0}</style>`;
const main = `<!doctype html><title>Moves</title>${style}<div class="bar"><button id="go" onclick="turn()">Go</button> <input id="plain"></div>
<iframe id="bank" src="http://bank.test/"></iframe><input class="s" id="slide" type="password" value="sliding"><input class="s" id="bounce" type="password" value="bouncing">
<div id="box"><div style="height:60px"></div><input class="s" type="password" value="in a box"><div style="height:400px"></div></div>
<input class="s" id="fix" type="password" value="fixed"><p style="height:420px"></p><input class="s" type="password" value="below"><input class="s" id="shown" type="password" value="toggled">
<script>let n=0;const acts=[()=>slide.classList.toggle('in'),()=>bounce.classList.add('on'),()=>scrollTo(0,n%3*130),()=>box.scrollTop=n%4*30,
()=>shown.type=shown.type==='text'?'password':'text',()=>document.body.prepend(Object.assign(document.createElement('p'),{textContent:'late notice'})),
()=>bank.src='http://bank.test/?'+n,()=>bank.style.top=(n%5*60)+'px',()=>{document.querySelector('body>p')?.remove();bounce.classList.remove('on')}];
const turn=()=>{acts[n++%acts.length]();const end=performance.now()+n%4*60;while(performance.now()<end);}</script>`;
const bank = `<!doctype html>${style}<input class="s" type="password" value="at the bank" style="margin-top:10px">`;

interface Recording {
  readonly events: readonly CaptureEvent[];
  readonly pictures: ReadonlyMap<string, Buffer>;
}

async function recorded(slowness: number, act: (page: Page) => Promise<void>): Promise<Recording> {
  const browser = await chromium.launch({ executablePath: executablePath ?? '', args: browserFlags(process.getuid?.() === 0) });
  try {
    const context = await browser.newContext({ viewport: { width: 800, height: 500 } });
    await serve(context);
    const events: CaptureEvent[] = [];
    const pictures = new Map<string, Buffer>();
    const target = {
      event: (event: CaptureEvent) => void events.push(event),
      screenshot: (sha256: string, png: Buffer) => void pictures.set(sha256, png),
    };
    const recorder = await createBrowserRecorder({ context, captureScript, target });
    const page = await context.newPage();
    await page.goto('http://app.test/');
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowness });
    await act(page);
    await recorder.finish();
    return { events, pictures };
  } finally {
    await browser.close();
  }
}

async function serve(context: BrowserContext): Promise<void> {
  await context.route('http://app.test/', (route) => route.fulfill({ contentType: 'text/html', body: main }));
  await context.route('http://bank.test/**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 120));
    await route.fulfill({ contentType: 'text/html', body: bank });
  });
}

/** Green pixels of a picture that no mask covers. */
async function uncovered(png: Buffer, { masks, scale }: Screenshot): Promise<number> {
  const { pixels, width } = await decodeImage(png, { maxBytes: 64 << 20, maxPixels: 64_000_000, timeoutSeconds: 30 });
  let count = 0;
  for (let at = 0; at + 2 < pixels.length; at += 3) {
    const [red = 0, green = 0, blue = 0] = [pixels[at], pixels[at + 1], pixels[at + 2]];
    if (green - Math.max(red, blue) <= 40) continue;
    const [x, y] = [((at / 3) % width) / scale, Math.floor(at / 3 / width) / scale];
    if (!masks.some((mask) => x >= mask.x && x < mask.x + mask.width && y >= mask.y && y < mask.y + mask.height)) count += 1;
  }
  return count;
}

/** Clicks that come in the middle of what the one before has set in motion, and after it. */
async function storm(page: Page): Promise<void> {
  await page.locator('#plain').waitFor();
  for (let count = 0; count < 40; count += 1) {
    await page.mouse.click(20, 70);
    if (count % 2 === 0) await page.mouse.wheel(0, count % 4 === 0 ? 90 : -90);
    await page.waitForTimeout((count * 37) % 240);
    if (count % 5 === 0) await page.waitForTimeout(900);
  }
}

for (const slowness of [1, 6])
  test(
    `no picture shows what must be covered while fields move, slowed down ${slowness} times; most events have a picture`,
    { skip },
    async () => {
      const { events, pictures } = await recorded(slowness, storm);
      const shots = events.flatMap(({ screenshot }) => (screenshot === undefined ? [] : [screenshot]));
      const missing = events.filter(({ kind }) => kind === 'screenshot.missing');
      const leaks: string[] = [];
      let shownCount = 0;
      for (const shot of shots) {
        const png = pictures.get(shot.sha256) ?? Buffer.alloc(0);
        assert.equal(createHash('sha256').update(png).digest('hex'), shot.sha256);
        const count = await uncovered(png, shot);
        if (count > 0) leaks.push(`seq ${shot.ofSeq}: ${count} pixels`);
        if ((await uncovered(png, { ...shot, masks: [] })) > 0) shownCount += 1;
      }
      assert.deepEqual(leaks, []);
      assert.ok(shownCount > 10, `${shownCount} pictures show a field: they prove something`);
      // Every click but the quiet ones comes while something is animated; how much of that the page has seen depends on how busy the machine is.
      assert.ok(shots.length > missing.length, `${shots.length} pictures, ${missing.length} missing`);
    },
  );
