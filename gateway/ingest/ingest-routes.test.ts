import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIngestUnderTest } from '../test-support/ingest-under-test.ts';
import { clicks, codeOf, device, field, openBody, png, pngSha256, record } from '../test-support/recorder.ts';

test('opening writes session.opened with the server-corrected clock and answers policy and limits', async () => {
  const ingest = await createIngestUnderTest();
  const token = ingest.token('acme', 'agent');
  const atMs = ingest.clock.nowMs() - 5_000;
  const json = { deviceId: 'laptop-1', atMs, title: 'Invite a user', agent: { name: 'test', version: '1', platform: 'linux' } };
  const answer = await ingest.call({ method: 'POST', path: '/v1/sessions', token, json });
  assert.equal(answer.status, 201);
  assert.equal(field(answer, 'sessionId'), 'made-1');
  assert.equal(field(answer, 'ackedSeq'), 0);
  const [chunk] = await ingest.chunks();
  const [event] = chunk?.events ?? [];
  assert.equal(event?.seq, 0);
  assert.equal(event?.opened?.clockSkewMs, 5_000);
  assert.equal(event?.opened?.title, 'Invite a user');
  assert.equal(event?.opened?.tenantId, 'acme');
});

test('opening again from the same device finds the session, from another it is DEVICE_CONFLICT', async () => {
  const recorder = await record(await createIngestUnderTest());
  await recorder.send(1, clicks(3));
  const again = await recorder.post('/v1/sessions', openBody('s1'));
  assert.equal(again.status, 200);
  assert.equal(field(again, 'resumed'), true);
  assert.equal(field(again, 'ackedSeq'), 3);
  const other = await recorder.post('/v1/sessions', openBody('s1', 'phone-2'));
  assert.equal(other.status, 409);
  assert.equal(codeOf(other), 'DEVICE_CONFLICT');
  const events = await recorder.post('/v1/sessions/s1/events', { firstSeq: 4, events: clicks(1) }, { 'stepwright-device': 'phone-2' });
  assert.equal(codeOf(events), 'DEVICE_CONFLICT');
  assert.equal((await recorder.ingest.events()).length, 3);
});

test('a batch is one sealed chunk on the partition of its key, acked by its last seq', async () => {
  const recorder = await record(await createIngestUnderTest());
  const answer = await recorder.send(1, clicks(5));
  assert.equal(field(answer, 'ackedSeq'), 5);
  const records = await recorder.ingest.records();
  assert.equal(records.length, 2);
  assert.ok(records.every(({ key }) => key?.toString() === 'acme/s1'));
  assert.ok(records.every(({ value }) => value?.includes('Save') === false));
  assert.deepEqual(
    (await recorder.ingest.events()).map(({ seq }) => seq),
    [1, 2, 3, 4, 5],
  );
});

test('I2: what was acked is acked again and appended once, overlapping batches too', async () => {
  const recorder = await record(await createIngestUnderTest());
  await recorder.send(1, clicks(4));
  const same = await recorder.send(1, clicks(4));
  assert.equal(field(same, 'ackedSeq'), 4);
  assert.equal(field(same, 'duplicates'), 4);
  const overlapping = await recorder.send(3, clicks(4));
  assert.equal(field(overlapping, 'ackedSeq'), 6);
  assert.equal(field(overlapping, 'duplicates'), 2);
  assert.deepEqual(
    (await recorder.ingest.events()).map(({ seq }) => seq),
    [1, 2, 3, 4, 5, 6],
  );
});

test('after a gap nothing is appended and the contiguous ack says where to go on', async () => {
  const recorder = await record(await createIngestUnderTest());
  await recorder.send(1, clicks(2));
  const gap = await recorder.send(5, clicks(2));
  assert.equal(gap.status, 200);
  assert.equal(field(gap, 'ackedSeq'), 2);
  assert.equal((await recorder.ingest.events()).length, 2);
});

test('I1: a screenshot event is acked only once its picture is stored', async () => {
  const recorder = await record(await createIngestUnderTest());
  const shot = {
    ofSeq: 1,
    phase: 'before',
    sha256: pngSha256,
    sizeBytes: png.length,
    mediaType: 'image/png',
    width: 16,
    height: 16,
    scale: 1,
    masks: [],
  };
  const events = [...clicks(1), { atMs: 1_760_000_000_001, kind: 'screenshot', screenshot: shot }, ...clicks(1)];
  const early = await recorder.send(1, events);
  assert.equal(field(early, 'ackedSeq'), 1);
  assert.deepEqual(field(early, 'missing'), [pngSha256]);
  const path = `/v1/sessions/s1/screenshots/${pngSha256}`;
  const put = await recorder.ingest.call({ method: 'PUT', path, token: recorder.token, body: png, headers: device });
  assert.equal(put.status, 201, JSON.stringify(put.json));
  assert.equal(field(put, 'width'), 16);
  const stored = await recorder.ingest.objects.get(`quarantine/acme/s1/${pngSha256}`);
  assert.equal(stored?.includes(Buffer.alloc(20, 7)), false, 'the stored bytes are sealed');
  const late = await recorder.send(2, events.slice(1));
  assert.equal(field(late, 'ackedSeq'), 3);
  const again = await recorder.ingest.call({ method: 'PUT', path, token: recorder.token, body: png, headers: device });
  assert.equal(again.status, 200);
});

test('finish needs all events or abandon, stands once, and closes the session', async () => {
  const recorder = await record(await createIngestUnderTest());
  await recorder.send(1, clicks(2));
  const early = await recorder.post('/v1/sessions/s1/finish', { lastSeq: 4 });
  assert.equal(codeOf(early), 'SESSION_INCOMPLETE');
  assert.equal(field(early, 'ackedSeq'), 2);
  const abandoned = await recorder.post('/v1/sessions/s1/finish', { lastSeq: 4, abandon: true });
  assert.equal(field(abandoned, 'status'), 'finished');
  assert.equal(field(abandoned, 'ackedSeq'), 5);
  assert.equal((await recorder.post('/v1/sessions/s1/finish', { lastSeq: 4 })).status, 200);
  assert.equal(codeOf(await recorder.send(6, clicks(1))), 'SESSION_FINISHED');
  assert.equal((await recorder.send(1, clicks(2))).status, 200, 'a resend of what is acked is acked');
  assert.deepEqual(
    (await recorder.ingest.events()).map(({ seq, kind }) => [seq, kind]),
    [
      [1, 'click'],
      [2, 'click'],
      [5, 'session.finished'],
    ],
  );
});

test('pause and resume take the next seqs and change nothing when repeated', async () => {
  const recorder = await record(await createIngestUnderTest());
  await recorder.send(1, clicks(1));
  assert.equal(field(await recorder.post('/v1/sessions/s1/pause', { lastSeq: 1 }), 'ackedSeq'), 2);
  assert.equal(field(await recorder.post('/v1/sessions/s1/pause', { lastSeq: 1 }), 'ackedSeq'), 2);
  assert.equal(field(await recorder.post('/v1/sessions/s1/resume', { lastSeq: 2 }), 'status'), 'recording');
  assert.deepEqual(
    (await recorder.ingest.events()).map(({ kind }) => kind),
    ['click', 'session.paused', 'session.resumed'],
  );
});
