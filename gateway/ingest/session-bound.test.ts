import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIngestUnderTest } from '../test-support/ingest-under-test.ts';
import { clicks, codeOf, device, field, openBody, png, pngSha256, record } from '../test-support/recorder.ts';

test('a table full of open recordings takes no further one; those that are open go on', async () => {
  const ingest = await createIngestUnderTest({ limits: { maxSessions: 3 } });
  const first = await record(ingest, 's1');
  for (const sessionId of ['s2', 's3']) await record(ingest, sessionId);
  const refused = await first.post('/v1/sessions', openBody('s4'));
  assert.deepEqual([refused.status, codeOf(refused)], [429, 'SERVER_BUSY']);
  assert.ok(Number(field(refused, 'retryAfterMs')) > 0);
  assert.equal(field(await first.send(1, clicks(2)), 'ackedSeq'), 2);
  assert.equal((await first.post('/v1/sessions', openBody('s2'))).status, 200, 'one of them is found again');
});

test('recordings that finished ten minutes ago make room; one that has just finished still answers its agent', async () => {
  const ingest = await createIngestUnderTest({ limits: { maxSessions: 3 } });
  const [old, fresh] = [await record(ingest, 'old'), await record(ingest, 'fresh')];
  await record(ingest, 'open');
  await old.post('/v1/sessions/old/finish', { lastSeq: 0 });
  ingest.clock.advance(601_000);
  await fresh.post('/v1/sessions/fresh/finish', { lastSeq: 0 });
  assert.equal((await old.post('/v1/sessions', openBody('next'))).status, 201);
  assert.equal((await fresh.post('/v1/sessions/fresh/finish', { lastSeq: 0 })).status, 200, 'its answer may have been lost');
  assert.equal(codeOf(await old.send(1, clicks(1))), 'SESSION_UNKNOWN');
  await ingest.service.checkpoint();
  const again = await (await ingest.restart()).service.locate({ tenantId: 'acme', sessionId: 'old' });
  assert.equal('code' in again && again.code, 'SESSION_UNKNOWN', 'it stays out through a restart behind a checkpoint');
});

test('a picture that its store let go is asked for again, however it was known before', async () => {
  const ingest = await createIngestUnderTest();
  const recorder = await record(ingest);
  assert.equal((await recorder.put(pngSha256, png)).status, 201);
  for await (const { key } of ingest.objects.list('')) await ingest.objects.delete(key);
  ingest.clock.advance(600_000);
  const shot = {
    ofSeq: 1,
    phase: 'before',
    sha256: pngSha256,
    sizeBytes: png.length,
    mediaType: 'image/png',
    width: 16,
    height: 16,
    scale: 1,
  };
  const events = [...clicks(1), { atMs: 1_760_000_000_001, kind: 'screenshot', screenshot: { ...shot, masks: [] } }];
  const answer = await recorder.post('/v1/sessions/s1/events', { firstSeq: 1, events }, device);
  assert.deepEqual([field(answer, 'ackedSeq'), field(answer, 'missing')], [1, [pngSha256]]);
});
