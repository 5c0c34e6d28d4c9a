import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { awaitGuide } from '../guide/await-guide.ts';
import { startServer } from '../platform/server.ts';
import { playDemo } from './demo-player.ts';

const recording = fileURLToPath(new URL('../../../cli/demo/recording', import.meta.url));
const data = await mkdtemp(join(tmpdir(), 'stepwright-demo-player-'));
const alive = setInterval(() => {}, 1_000);
after(() => {
  clearInterval(alive);
  return rm(data, { recursive: true, force: true });
});

const options = {
  data,
  host: '127.0.0.1',
  port: 0,
  allowOrigins: [],
  partitions: 1,
  commitIntervalMs: 50,
  stateBudgetBytes: 64 << 20,
  logSync: 'never',
  logLevel: 'silent',
  analytics: false,
  version: '0',
} as const;

test('a demo that was interrupted goes on where it stopped: nothing is recorded twice', { timeout: 120_000 }, async () => {
  const server = await startServer(options);
  try {
    const token = server.tokens.mint({ tenantId: 'local', role: 'admin', operator: true });
    const never = new AbortController().signal;
    const play = (sessionId: string, pace: number, stopped: AbortSignal, onProgress: (sentCount: number) => void) =>
      playDemo({ folder: recording, baseUrl: server.url, token, sessionId, pace, stopped, onProgress });
    const stopping = new AbortController();
    assert.equal(await play('broken', 30, stopping.signal, (count) => count === 90 && stopping.abort()), false);
    const answer = await fetch(`${server.url}/v1/sessions/broken/ack`, { headers: { authorization: `Bearer ${token}` } });
    const { ackedSeq } = await answer.json();
    assert.ok(ackedSeq > 0 && ackedSeq < 100, `it was stopped in the middle: ${ackedSeq}`);
    const sent: number[] = [];
    await play('broken', 1_000, never, (count) => sent.push(count));
    // A request that was under way when it was stopped may have been acknowledged since.
    const first = sent[0] ?? 0;
    assert.ok(first > ackedSeq && first <= 91, `it went on at ${first}, with ${ackedSeq} acknowledged`);
    const guide = await awaitGuide({ ...server, stopped: never }, 'local', 'broken');
    const session = await server.storage.views.session('local', 'broken');
    assert.ok(session !== 'gone' && session !== undefined);
    assert.deepEqual([session.duplicateEvents, guide.missedEvents], [0, 0]);
    assert.ok(session.eventCount <= (sent.at(-1) ?? 0) + 1, `nothing was sent twice: ${session.eventCount} events of ${sent.at(-1)}`);
  } finally {
    await server.close();
  }
});

test('a demo whose server never answers ends when it is stopped', async () => {
  const stopping = new AbortController();
  // A port that fetch refuses by itself, so every try fails.
  const playing = playDemo({
    folder: recording,
    baseUrl: 'http://127.0.0.1:1',
    token: 'none',
    sessionId: 'never',
    pace: 1,
    stopped: stopping.signal,
    onProgress: () => assert.fail('nothing can be sent'),
  });
  stopping.abort();
  assert.equal(await playing, false);
});
