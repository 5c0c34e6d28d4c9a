import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * `lose-answer`: the server does it and nobody hears of it; `cut`: the connection ends and the server never sees it; `stall`: the answer stops after the first
 * byte of its body, and the connection stays.
 */
export type S3Fault = 'lose-answer' | 'cut' | 'stall';

export interface S3Request {
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

export interface S3Proxy {
  readonly endpoint: string;
  /** Asked once for each request; a request goes on when the answer is there. */
  judge: (request: S3Request) => S3Fault | undefined | Promise<S3Fault | undefined>;
  /** Most requests that were under way at once. */
  readonly mostAtOnce: () => number;
  close(): Promise<void>;
}

/** Stands before an S3 server; signatures stay good, since the Host header goes through. */
export async function startS3Proxy(endpoint: string): Promise<S3Proxy> {
  const target = new URL(endpoint);
  let underWay = 0;
  let most = 0;
  const server = createServer((request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    response.once('close', () => (underWay -= 1));
    void (async () => {
      const fault = await proxy.judge({ method: request.method ?? '', path: request.url ?? '' });
      if (fault === 'cut') request.socket.destroy();
      else forward(target, request, response, fault);
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    judge: () => undefined,
    mostAtOnce: () => most,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

function forward({ hostname, port }: URL, request: IncomingMessage, response: ServerResponse, fault: S3Fault | undefined): void {
  const outgoing = send({ hostname, port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
    if (fault === 'lose-answer') {
      answer.resume().once('end', () => request.socket.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (fault === 'stall') answer.once('data', (bytes: Buffer) => response.write(bytes.subarray(0, 1)));
    else answer.pipe(response);
  });
  outgoing.once('error', () => request.socket.destroy());
  request.pipe(outgoing);
}
