import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { CreateLiveServer, LiveHandlers, LiveSocket, LiveSocketHandlers, UpgradeCall } from './live-server.ts';

interface Peer {
  readonly socket: WebSocket;
  readonly received: string[];
  readonly closed: Promise<readonly [code: number, reason: string]>;
}

interface UnderTest {
  readonly url: string;
  readonly calls: UpgradeCall[];
  /** Server side of each connection, in order of opening. */
  readonly sockets: LiveSocket[];
  readonly closedCount: () => number;
  readonly drainedCount: () => number;
  connect(path: string, protocols?: readonly string[]): Promise<Peer>;
  close(): Promise<void>;
}

/** What every LiveServer promises, on real sockets. */
export function testLiveServerContract(name: string, create: CreateLiveServer): void {
  const check = (sentence: string, run: (under: UnderTest) => Promise<void>, pingIntervalMs = 60_000): void => {
    test(`${name}: ${sentence}`, async () => {
      const under = await start(create, pingIntervalMs);
      try {
        await run(under);
      } finally {
        await under.close();
      }
    });
  };

  check('path, query and headers reach authorize, frames arrive whole and in order', async (under) => {
    const { received, socket } = await under.connect('/live/s1?offset=7');
    assert.equal(under.calls[0]?.path, '/live/s1');
    assert.equal(under.calls[0]?.query.get('offset'), '7');
    assert.ok(under.calls[0]?.headers['host']);
    const texts = Array.from({ length: 100 }, (_, index) => `${index}:${'ü'.repeat(index * 10)}`);
    const all = new Promise<void>((resolve) => socket.on('message', () => received.length === texts.length && resolve()));
    for (const text of texts) under.sockets[0]?.send(text);
    await all;
    assert.deepEqual(received, texts);
  });

  check('a refused upgrade is a plain answer with its status', async (under) => {
    await assert.rejects(under.connect('/live/refused'), /403/);
    await assert.rejects(under.connect('/elsewhere'), /404/);
    assert.equal(under.sockets.length, 0);
  });

  check('the live sub-protocol is chosen from those that are offered', async (under) => {
    assert.equal((await under.connect('/live/s1', ['bearer.x', 'stepwright.v1'])).socket.protocol, 'stepwright.v1');
  });

  check('close carries its code and reason, and closed is told once whoever closes', async (under) => {
    const first = await under.connect('/live/s1');
    under.sockets[0]?.close(4001, 'reload');
    assert.deepEqual(await first.closed, [4001, 'reload']);
    const second = await under.connect('/live/s1');
    second.socket.terminate();
    await second.closed;
    await until(() => under.closedCount() === 2);
    under.sockets[0]?.send('after the end');
    assert.equal(under.closedCount(), 2);
  });

  check('what a peer does not read is counted in bufferedBytes, and drained is told when it has left', async (under) => {
    const { socket } = await under.connect('/live/s1');
    socket.pause();
    const text = 'x'.repeat(1024 * 1024);
    const server = under.sockets[0];
    for (let count = 0; count < 64; count += 1) server?.send(text);
    assert.ok((server?.bufferedBytes() ?? 0) > 1024 * 1024);
    const before = under.drainedCount();
    socket.resume();
    await until(() => server?.bufferedBytes() === 0 && under.drainedCount() > before);
  });

  check(
    'a peer that answers no ping is cut off, one that does stays',
    async (under) => {
      const deaf = await under.connect('/live/s1');
      const alive = await under.connect('/live/s2');
      deaf.socket.pause();
      await until(() => under.closedCount() === 1);
      assert.equal(alive.socket.readyState, WebSocket.OPEN);
      deaf.socket.terminate();
    },
    500,
  );

  check('closing the server closes every socket with 1001', async (under) => {
    const { closed } = await under.connect('/live/s1');
    await under.close();
    assert.equal((await closed)[0], 1001);
  });
}

async function start(create: CreateLiveServer, pingIntervalMs: number): Promise<UnderTest> {
  const calls: UpgradeCall[] = [];
  const sockets: LiveSocket[] = [];
  let closedCount = 0;
  let drainedCount = 0;
  const handlers: LiveHandlers<string> = {
    async authorize(call) {
      calls.push(call);
      return call.path.endsWith('refused') ? { accepted: false, status: 403, json: { no: true } } : { accepted: true, context: call.path };
    },
    connected(socket): LiveSocketHandlers {
      sockets.push(socket);
      return { drained: () => (drainedCount += 1), closed: () => (closedCount += 1) };
    },
  };
  const http = createServer();
  const live = create({ server: http, pathPrefix: '/live/', handlers, pingIntervalMs });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const url = `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await live.close();
    await new Promise((resolve) => http.close(resolve));
  };
  return {
    url,
    calls,
    sockets,
    closedCount: () => closedCount,
    drainedCount: () => drainedCount,
    connect: (path, protocols = []) => connect(url + path, protocols),
    close: () => (closing ??= close()),
  };
}

async function connect(url: string, protocols: readonly string[]): Promise<Peer> {
  const socket = new WebSocket(url, [...protocols]);
  const received: string[] = [];
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  const closed = new Promise<readonly [number, string]>((resolve) =>
    socket.on('close', (code, reason) => resolve([code, reason.toString()])),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
  });
  return { socket, received, closed };
}

/** Looks again each turn of the event loop; the test's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
