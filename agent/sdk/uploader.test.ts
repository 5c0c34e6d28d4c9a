import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createIngestUnderTest } from '../../gateway/test-support/ingest-under-test.ts';
import type { IngestUnderTest } from '../../gateway/test-support/ingest-under-test.ts';
import { png, pngSha256 } from '../../gateway/test-support/recorder.ts';
import type { FetchLike } from './ingest-client.ts';
import type { NewEvent, UploaderOptions } from './uploader.ts';
import { createMemoryQueue } from './upload-queue.ts';
import type { UploadQueue } from './upload-queue.ts';
import { sha256Hex, Uploader, UploadStopped } from './uploader.ts';

type Fault = 'none' | 'lost request' | 'lost answer' | 'doubled' | 'refused for now' | 'slow';

/** The ingest API without a socket: each request meets the next fault. */
function transport(ingest: IngestUnderTest, nextFault: () => Fault): FetchLike {
  const deliver = async (url: string, init: RequestInit): Promise<Response> => {
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    const body = init.body === undefined || init.body === null ? undefined : Buffer.from(await new Response(init.body).arrayBuffer());
    const { pathname, search } = new URL(url);
    const call = { method: init.method ?? 'GET', path: pathname + search, headers, ...(body === undefined ? {} : { body }) };
    const answer = await ingest.call(call);
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  };
  return async (url, init) => {
    switch (nextFault()) {
      case 'lost request':
        throw new TypeError('fetch failed');
      case 'lost answer':
        await deliver(url, init);
        throw new TypeError('fetch failed');
      case 'doubled':
        await deliver(url, init);
        return deliver(url, init);
      case 'refused for now':
        return new Response(JSON.stringify({ error: { code: 'UNAVAILABLE', message: '' }, retryAfterMs: 50 }), { status: 503 });
      case 'slow':
        ingest.clock.advance(1_000);
        return deliver(url, init);
      case 'none':
        return deliver(url, init);
    }
  };
}

function uploader(ingest: IngestUnderTest, more: Partial<UploaderOptions> = {}, nextFault: () => Fault = () => 'none'): Uploader {
  return new Uploader({
    baseUrl: 'http://127.0.0.1',
    token: ingest.token('acme', 'agent'),
    deviceId: 'laptop-1',
    sessionId: 's1',
    agent: { name: 'test', version: '1' },
    maxBatchEvents: 7,
    ...more,
    runtime: {
      nowMs: () => ingest.clock.nowMs(),
      sleep: async (delayMs) => ingest.clock.advance(delayMs),
      random: () => 0.5,
      fetch: transport(ingest, nextFault),
    },
  });
}

const click: NewEvent = { atMs: 1_760_000_000_000, kind: 'click', target: { role: 'button', name: 'Save' } };
const shot = (ofSeq: number, sha256 = pngSha256): NewEvent => ({
  atMs: 1_760_000_000_000,
  kind: 'screenshot',
  screenshot: { ofSeq, phase: 'before', sha256, sizeBytes: png.length, mediaType: 'image/png', width: 16, height: 16, scale: 1, masks: [] },
});
const picture = new Uint8Array(png);

test('everything that was recorded arrives once and in order, whatever the network does (U1, U4)', async () => {
  const faults = fc.array(fc.constantFrom<Fault>('none', 'lost request', 'lost answer', 'doubled', 'refused for now', 'slow'), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(faults, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), async (plan, count, shotEvery) => {
      const ingest = await createIngestUnderTest();
      let at = 0;
      const recorder = uploader(ingest, {}, () => plan[at++] ?? 'none');
      await recorder.open();
      for (let index = 0; index < count; index += 1) {
        const seq = recorder.record(click);
        if (index % shotEvery === 0) recorder.record(shot(seq), picture);
        if (index % 5 === 0) await recorder.flush();
      }
      await recorder.finish();
      const events = await ingest.events();
      assert.deepEqual(
        events.map(({ seq }) => seq),
        Array.from({ length: events.length }, (_, index) => index + 1),
      );
      assert.equal(events.length, count + Math.ceil(count / shotEvery) + 1);
      assert.equal(events.at(-1)?.kind, 'session.finished');
      assert.equal(
        events.some(({ kind }) => kind === 'screenshot.missing'),
        false,
      );
    }),
    { numRuns: 60 },
  );
});

test('a picture that the server refuses becomes screenshot.missing under its seq (U2)', async () => {
  const ingest = await createIngestUnderTest();
  const recorder = uploader(ingest);
  await recorder.open();
  recorder.record(click);
  recorder.record(shot(1, 'b'.repeat(64)), new Uint8Array(Buffer.from('no picture')));
  recorder.record(click);
  await recorder.flush();
  const events = await ingest.events();
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['click', 'screenshot.missing', 'click'],
  );
  assert.equal(events[1]?.ofSeq, 1);
});

test('an event that the server refuses becomes unknown and the rest goes on (U3)', async () => {
  const ingest = await createIngestUnderTest();
  const recorder = uploader(ingest);
  await recorder.open();
  recorder.record(click);
  recorder.record({ atMs: -5, kind: 'click' });
  recorder.record(click);
  await recorder.flush();
  assert.deepEqual(
    (await ingest.events()).map(({ kind }) => kind),
    ['click', 'unknown', 'click'],
  );
});

test('a batch that is too large is halved until it passes', async () => {
  const ingest = await createIngestUnderTest({ limits: { maxBatchEvents: 3 } });
  const recorder = uploader(ingest, { maxBatchEvents: 100 });
  await recorder.open();
  for (let index = 0; index < 20; index += 1) recorder.record(click);
  await recorder.flush();
  assert.equal((await ingest.events()).length, 20);
});

test('a recorder that begins anew goes on behind the last ack', async () => {
  const ingest = await createIngestUnderTest();
  const first = uploader(ingest);
  await first.open();
  first.record(click);
  first.record(click);
  await first.flush();
  const second = uploader(await ingest.restart());
  assert.equal((await second.open()).ackedSeq, 2);
  assert.equal(second.record(click), 3);
  await second.finish();
  assert.deepEqual(
    (await ingest.events()).map(({ seq }) => seq),
    [1, 2, 3, 4],
  );
});

test('a refusal that no try can change stops the upload with its code, and the queue keeps what was not acked', async () => {
  const ingest = await createIngestUnderTest();
  const recorder = uploader(ingest);
  await recorder.open();
  recorder.record(click);
  await recorder.flush();
  await ingest.deps.keyring.destroy('acme/s1');
  recorder.record(click);
  await assert.rejects(recorder.flush(), (error) => error instanceof UploadStopped && error.code === 'SESSION_GONE');
  assert.deepEqual(recorder.progress, { ackedSeq: 1, lastSeq: 2, failures: 0, problem: 'SESSION_GONE' });
  await assert.rejects(
    uploader(ingest, { token: 'wrong' }).open(),
    (error) => error instanceof UploadStopped && error.code === 'UNAUTHENTICATED',
  );
});

test('U1: a queue that fails ends the upload with a code; nothing is left unhandled and nothing is skipped', async () => {
  for (const broken of ['add', 'head'] as const) {
    const ingest = await createIngestUnderTest();
    const queue: UploadQueue = { ...createMemoryQueue(), [broken]: () => Promise.reject(new Error('quota exceeded')) };
    const upload = uploader(ingest, { queue });
    await upload.open();
    upload.record({ atMs: 1, kind: 'click', target: { role: 'button', name: 'Save' } });
    await assert.rejects(upload.flush(), (error) => error instanceof UploadStopped && error.code === 'QUEUE_FAILED');
    upload.record({ atMs: 2, kind: 'click', target: { role: 'button', name: 'Save' } });
    assert.deepEqual(await ingest.events(), []);
  }
});

test('stop ends a wait of minutes at once', { timeout: 5_000 }, async () => {
  const ingest = await createIngestUnderTest();
  const busy = JSON.stringify({ error: { code: 'STORAGE_FULL', message: '' }, retryAfterMs: 3_600_000 });
  const upload: Uploader = new Uploader({
    baseUrl: 'http://127.0.0.1',
    token: ingest.token('acme', 'agent'),
    deviceId: 'laptop-1',
    agent: { name: 'test', version: '1' },
    runtime: { fetch: async () => new Response(busy, { status: 507 }) },
    onProgress: ({ failures }) => void (failures === 1 && setImmediate(() => upload.stop())),
  });
  await assert.rejects(upload.open(), (error) => error instanceof UploadStopped && error.code === 'STOPPED');
});

test('a picture is named as the server names it', async () => {
  assert.equal(await sha256Hex(new Uint8Array(png)), pngSha256);
});
