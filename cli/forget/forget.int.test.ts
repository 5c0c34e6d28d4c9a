import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { importRecording } from '../../agent/import/import-recording.ts';
import { Uploader } from '../../agent/sdk/uploader.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { runCommandLine } from '../main.ts';
import { readDeadLetters } from '../platform/dead-letters.ts';
import { startServer, type Server } from '../platform/server.ts';

const folder = await mkdtemp(join(tmpdir(), 'stepwright-forget-'));
// What the command waits for does not keep a process alive; main.ts does.
const alive = setInterval(() => {}, 1_000);
after(() => {
  clearInterval(alive);
  return rm(folder, { recursive: true, force: true });
});

const demo = fileURLToPath(new URL('../../../cli/demo/recording', import.meta.url));
const recording = importRecording({
  fileName: 'events.jsonl',
  bytes: readFileSync(join(demo, 'events.jsonl')),
  format: 'events',
  screenshots: 'keep',
});
assert.ok(recording.ok);
const events = recording.recording.events.filter(({ kind }) => kind !== 'session.finished');
const half = Math.floor(events.length / 2);

/** A server on the folder, its token, and its two verbs for a session. */
async function open(data: string) {
  const server = await startServer({
    data,
    host: '127.0.0.1',
    port: 0,
    allowOrigins: [],
    partitions: 1,
    commitIntervalMs: 20,
    stateBudgetBytes: 32 << 20,
    logSync: 'never',
    logLevel: 'silent',
    analytics: false,
    version: 'test',
  });
  const token = server.tokens.mint({ tenantId: 'local', role: 'admin', operator: true });
  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${server.url}/v1/sessions${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'stepwright-device': 'd' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { server, token, call };
}

async function upload({ server, token }: { readonly server: Server; readonly token: string }, sessionId: string): Promise<Uploader> {
  const agent = { name: 'test', version: '1' };
  const uploader = new Uploader({ baseUrl: server.url, token, deviceId: 'd', sessionId, title: 'A secret title', agent, gatherMs: 1 });
  await uploader.open();
  return uploader;
}

function recordEvents(uploader: Uploader, from: number, to: number): void {
  for (const event of events.slice(from, to)) {
    const { seq: _seq, ...rest } = event;
    const picture = event.screenshot && new Uint8Array(readFileSync(join(demo, 'screenshots', `${event.screenshot.sha256}.png`)));
    uploader.record(rest, picture);
  }
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (await isTrue()) return;
    await wait(20);
  }
  assert.fail('it did not come in twenty seconds');
}

async function finishedGuide(opened: Awaited<ReturnType<typeof open>>, sessionId: string): Promise<void> {
  const { views } = opened.server.storage;
  await until(async () => {
    const guide = await views.guide('local', sessionId);
    return guide !== undefined && guide !== 'gone' && guide.revision.final;
  });
}

async function assertUntroubled({ server }: Awaited<ReturnType<typeof open>>): Promise<void> {
  assert.deepEqual(await readDeadLetters(server.storage.log, 100), []);
  assert.deepEqual(server.platform.failures, []);
  assert.ok(server.platform.sinks.every((sink) => sink.isHealthy));
}

async function forgetByCommand(
  data: string,
  sessionId: string,
): Promise<{ readonly code: number; readonly readable: unknown; readonly text: string }> {
  let text = '';
  const code = await runCommandLine(['forget', sessionId, '--data', data, '--json'], {
    env: {},
    stdout: (part) => void (text += part),
    stderr: (part) => void (text += part),
    stopped: new AbortController().signal,
  });
  const report: unknown = text.startsWith('{') ? JSON.parse(text) : {};
  return { code, readable: Reflect.get(Object(report), 'readableCount'), text };
}

test(
  'a session that is deleted while it is recorded stays deleted, and nothing else stops (I4, S3, V3)',
  { timeout: 120_000 },
  async () => {
    const data = join(folder, 'running');
    let opened = await open(data);
    const [doomed, other] = [await upload(opened, 'doomed'), await upload(opened, 'other')];
    recordEvents(doomed, 0, half);
    recordEvents(other, 0, half);
    // Deleted as soon as the first steps show: pictures and states of it are under way.
    await until(async () => (await opened.call('GET', '/doomed/steps')).ok);
    const answer = await opened.call('DELETE', '/doomed');
    assert.equal(answer.status, 200);
    recordEvents(doomed, half, events.length);
    await assert.rejects(doomed.finish(), (error) => Reflect.get(Object(error), 'code') === 'SESSION_GONE');
    assert.equal((await opened.call('POST', '/doomed/events', { firstSeq: 900, events: [{ atMs: 1, kind: 'click' }] })).status, 410);
    assert.equal((await opened.call('GET', '/doomed')).status, 410);
    recordEvents(other, half, events.length);
    await other.finish();
    await finishedGuide(opened, 'other');
    await assertUntroubled(opened);
    await opened.server.close();

    // Stores and views of nothing but the topics, which still have every record of it.
    for (const part of ['state', 'views']) rmSync(join(data, part), { recursive: true });
    opened = await open(data);
    await finishedGuide(opened, 'other');
    assert.equal((await opened.call('GET', '/doomed')).status, 410);
    assert.equal(
      (await opened.call('POST', '', { sessionId: 'doomed', deviceId: 'd', atMs: 1, agent: { name: 'a', version: '1' } })).status,
      410,
    );
    const third = await upload(opened, 'third');
    recordEvents(third, 0, events.length);
    await third.finish();
    await finishedGuide(opened, 'third');
    await assertUntroubled(opened);
    const refused = await forgetByCommand(data, 'other');
    assert.deepEqual([refused.code, /DELETE.*\/v1\/sessions\/other/.test(refused.text)], [1, true]);
    await opened.server.close();

    const [again, finished] = [await forgetByCommand(data, 'doomed'), await forgetByCommand(data, 'other')];
    assert.deepEqual([again.code, again.readable, finished.code, finished.readable], [0, 0, 0, 0], `${again.text}${finished.text}`);
    opened = await open(data);
    assert.deepEqual(
      (await Promise.all(['/doomed', '/other', '/third'].map((path) => opened.call('GET', path)))).map(({ status }) => status),
      [410, 410, 200],
    );
    await assertUntroubled(opened);
    await opened.server.close();
  },
);

test('the search finds what is not sealed, and the command says so with its exit code', { timeout: 60_000 }, async () => {
  const data = join(folder, 'planted');
  const opened = await open(data);
  const uploader = await upload(opened, 'leaky');
  recordEvents(uploader, 0, 10);
  await uploader.finish();
  await finishedGuide(opened, 'leaky');
  await opened.server.storage.objects.put('backup/local/leaky/copy.txt', Buffer.from('a copy that nobody should have made'), {
    contentType: 'text/plain',
  });
  await opened.server.close();
  const log = await openEmbeddedLog({ directory: join(data, 'log'), clock: createSystemClock({ keepsAlive: true }), logger: silentLogger });
  const producer = await log.openProducer();
  const key = Buffer.from('local/leaky');
  const value = Buffer.from('{"title":"A secret title that was written without a seal"}');
  await producer.send([{ topic: 'guide.steps.v1', partition: 0, key, value, timestampMs: 0 }]);
  await log.close();
  const { code, readable } = await forgetByCommand(data, 'leaky');
  assert.deepEqual([code, readable], [1, 2]);
});
