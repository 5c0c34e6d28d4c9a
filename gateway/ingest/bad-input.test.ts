import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../test-support/call-route.ts';
import { createIngestUnderTest } from '../test-support/ingest-under-test.ts';
import { clicks, codeOf, device, field, openBody, png, pngSha256, record } from '../test-support/recorder.ts';

test('a screenshot that is too large, of another digest, no image or a pixel bomb is refused with its code', async () => {
  const recorder = await record(await createIngestUnderTest({ limits: { maxScreenshotBytes: 1_000 } }));
  const put = (
    body: Buffer,
    headers: Record<string, string> = {},
    sha256 = createHash('sha256').update(body).digest('hex'),
  ): Promise<Answer> =>
    recorder.ingest.call({
      method: 'PUT',
      path: `/v1/sessions/s1/screenshots/${sha256}`,
      token: recorder.token,
      body,
      headers: { ...device, ...headers },
    });
  const hundredMegabytes = await put(png, { 'content-length': String(100 * 1024 * 1024) });
  assert.equal(codeOf(hundredMegabytes), 'SCREENSHOT_TOO_LARGE');
  assert.equal(codeOf(await put(Buffer.alloc(2_000), { 'content-length': '10' })), 'SCREENSHOT_TOO_LARGE', 'a false length is counted');
  assert.equal(codeOf(await put(png, {}, 'a'.repeat(64))), 'SCREENSHOT_DIGEST_MISMATCH');
  assert.equal(codeOf(await put(Buffer.from('GIF89a not a picture of ours'))), 'SCREENSHOT_NOT_AN_IMAGE');
  const bomb = Buffer.from(png);
  bomb.writeUInt32BE(60_000, 16);
  bomb.writeUInt32BE(60_000, 20);
  assert.equal(codeOf(await put(bomb)), 'SCREENSHOT_TOO_MANY_PIXELS');
  assert.equal(codeOf(await put(png, {}, 'nonsense')), 'PARAMETER_INVALID');
  for await (const { key } of recorder.ingest.objects.list('')) assert.fail(`${key} was stored`);
});

test('gzip bodies are taken, a bomb stops while it inflates, a broken or unknown coding has its code', async () => {
  const recorder = await record(await createIngestUnderTest());
  const send = (body: Buffer, encoding: string): Promise<Answer> =>
    recorder.ingest.call({
      method: 'POST',
      path: '/v1/sessions/s1/events',
      token: recorder.token,
      body,
      headers: { ...device, 'content-type': 'application/json', 'content-encoding': encoding },
    });
  const good = gzipSync(JSON.stringify({ firstSeq: 1, events: clicks(2) }));
  assert.equal(field(await send(good, 'gzip'), 'ackedSeq'), 2);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  assert.equal(codeOf(await send(bomb, 'gzip')), 'BODY_INFLATED_TOO_LARGE');
  assert.equal(codeOf(await send(Buffer.from('no gzip'), 'gzip')), 'ENCODING_BROKEN');
  assert.equal(codeOf(await send(good, 'br')), 'ENCODING_UNSUPPORTED');
});

test('malformed input has a code and a field, and nothing of it is appended', async () => {
  const recorder = await record(await createIngestUnderTest());
  const cases: readonly (readonly [unknown, string, string | undefined])[] = [
    [[], 'BODY_INVALID', 'body'],
    [{ firstSeq: 0, events: [] }, 'EVENT_SEQ_INVALID', 'firstSeq'],
    [{ firstSeq: 2 ** 40 + 1, events: clicks(1), lostBefore: true }, 'EVENT_SEQ_INVALID', 'firstSeq'],
    [{ firstSeq: 1, events: {} }, 'BODY_INVALID', 'events'],
    [{ firstSeq: 1, events: [7] }, 'EVENT_INVALID', 'events[0]'],
    [{ firstSeq: 1, events: [{ atMs: 'now', kind: 'click' }] }, 'EVENT_INVALID', 'events[0].atMs'],
    [{ firstSeq: 1, events: [...clicks(1), { seq: 9, atMs: 1, kind: 'click' }] }, 'EVENT_SEQ_INVALID', 'events[1].seq'],
    [
      { firstSeq: 1, events: [{ atMs: 1, kind: 'edit', edit: { editId: 'e', author: 'a', op: 'delete' } }] },
      'EVENT_KIND_RESERVED',
      'events[0].kind',
    ],
    [{ firstSeq: 1, events: [{ atMs: 1, kind: 'session.finished' }, ...clicks(1)] }, 'EVENT_SEQ_INVALID', 'events[1]'],
    [{ firstSeq: 1, events: clicks(1_001) }, 'BATCH_TOO_LARGE', 'events'],
  ];
  for (const [body, code, wrongField] of cases) {
    const answer = await recorder.post('/v1/sessions/s1/events', body);
    assert.equal(codeOf(answer), code, JSON.stringify(answer.json));
    assert.equal(Reflect.get(Object(field(answer, 'error')), 'field'), wrongField);
  }
  const notJson = await recorder.ingest.call({
    method: 'POST',
    path: '/v1/sessions/s1/events',
    token: recorder.token,
    body: Buffer.from('{"firstSeq":'),
    headers: device,
  });
  assert.equal(codeOf(notJson), 'BODY_INVALID');
  assert.equal((await recorder.ingest.events()).length, 0);
});

test('a kind of a newer contract is kept as unknown', async () => {
  const recorder = await record(await createIngestUnderTest());
  await recorder.send(1, [{ atMs: 1_760_000_000_000, kind: 'brain.wave', depth: 7 }, ...clicks(1)]);
  assert.deepEqual(
    (await recorder.ingest.events()).map(({ kind }) => kind),
    ['unknown', 'click'],
  );
});

test('a clock that is years off is corrected at open and warned of; events far off are taken and warned of', async () => {
  const ingest = await createIngestUnderTest();
  const token = ingest.token('acme', 'agent');
  const json = { sessionId: 's1', deviceId: 'laptop-1', atMs: 0, agent: { name: 'test', version: '1' } };
  const opened = await ingest.call({ method: 'POST', path: '/v1/sessions', token, json });
  assert.equal(field(opened, 'clockSkewMs'), ingest.clock.nowMs());
  assert.match(JSON.stringify(field(opened, 'warnings')), /CLOCK_CORRECTED/);
  const path = '/v1/sessions/s1/events';
  const near = await ingest.call({ method: 'POST', path, token, headers: device, json: { firstSeq: 1, events: clicks(1, 0) } });
  assert.equal(field(near, 'warnings'), undefined);
  const far = await ingest.call({ method: 'POST', path, token, headers: device, json: { firstSeq: 2, events: clicks(1) } });
  assert.equal(field(far, 'ackedSeq'), 2);
  assert.match(JSON.stringify(field(far, 'warnings')), /EVENT_TIME_FAR_OFF/);
  for (const { timestampMs } of await ingest.records())
    assert.equal(timestampMs, ingest.clock.nowMs(), "T5: the record's time is the server's");
});

test('unknown sessions are 404, deleted ones 410 on every route, and a late event does not bring one back', async () => {
  const recorder = await record(await createIngestUnderTest());
  assert.equal(codeOf(await recorder.post('/v1/sessions/nobody/events', { firstSeq: 1, events: clicks(1) })), 'SESSION_UNKNOWN');
  await recorder.send(1, clicks(1));
  await recorder.ingest.deps.keyring.destroy('acme/s1');
  recorder.ingest.service.forget({ tenantId: 'acme', sessionId: 's1' });
  const before = (await recorder.ingest.records()).length;
  const open = openBody('s1');
  const answers = [
    await recorder.send(2, clicks(1)),
    await recorder.post('/v1/sessions', open),
    await recorder.post('/v1/sessions/s1/finish', { lastSeq: 1 }),
    await recorder.ingest.call({ method: 'GET', path: '/v1/sessions/s1/ack', token: recorder.token }),
    await recorder.ingest.call({
      method: 'PUT',
      path: `/v1/sessions/s1/screenshots/${pngSha256}`,
      token: recorder.token,
      body: png,
      headers: device,
    }),
  ];
  for (const answer of answers) assert.equal(codeOf(answer), 'SESSION_GONE');
  assert.equal((await recorder.ingest.records()).length, before);
});

test('T5: a session that was silent for too long takes nothing more, and its id cannot begin anew', async () => {
  const ingest = await createIngestUnderTest({ deps: { wasUsed: async (_, sessionId) => sessionId === 'old' } });
  const recorder = await record(ingest);
  ingest.clock.advance(25 * 3_600_000);
  assert.equal(codeOf(await recorder.send(1, clicks(1))), 'SESSION_TOO_OLD');
  assert.equal(codeOf(await recorder.post('/v1/sessions/s1/finish', { lastSeq: 0 })), 'SESSION_TOO_OLD');
  const reused = await recorder.post('/v1/sessions', openBody('old'));
  assert.equal(codeOf(reused), 'SESSION_TOO_OLD');
});

test('batches that are refused cost tokens too: who sends nothing else is slowed down before its bodies are read', async () => {
  const limits = { deviceRate: { tokensPerSec: 1, burstTokens: 3 } };
  const recorder = await record(await createIngestUnderTest({ limits }));
  const answers: unknown[] = [];
  for (let index = 0; index < 5; index += 1) answers.push(codeOf(await recorder.send(0, clicks(1))));
  assert.deepEqual([...new Set(answers)], ['EVENT_SEQ_INVALID', 'RATE_LIMITED']);
});

test('a device over its rate hears 429 with how long to wait, other devices do not', async () => {
  const ingest = await createIngestUnderTest({ limits: { deviceRate: { tokensPerSec: 10, burstTokens: 20 } } });
  const recorder = await record(ingest);
  assert.equal((await recorder.send(1, clicks(40))).status, 200);
  const limited = await recorder.send(41, clicks(1));
  assert.equal(limited.status, 429);
  assert.equal(limited.headers['retry-after'], '3');
  ingest.clock.advance(2_300);
  assert.equal((await recorder.send(41, clicks(1))).status, 200);
});

test('more events than the policy allows are SESSION_FULL, after sessionize could see one too many', async () => {
  const recorder = await record(
    await createIngestUnderTest({
      deps: { policyOf: () => ({ policyId: 'p', version: 1, redact: [], mode: 'mask', idleAfterMs: 1, maxEvents: 3, modelTitles: false }) },
      limits: { maxBatchEvents: 2 },
    }),
  );
  assert.equal((await recorder.send(1, clicks(2))).status, 200);
  assert.equal((await recorder.send(3, clicks(2))).status, 200);
  assert.equal(codeOf(await recorder.send(5, clicks(2))), 'SESSION_FULL');
});

test('numbers that the wire format cannot hold are refused before the log', async () => {
  const recorder = await record(await createIngestUnderTest());
  const codes = [
    await recorder.post('/v1/sessions/s1/finish', { lastSeq: 8_640_000_000_000_001, abandon: true }),
    await recorder.post('/v1/sessions/s1/events', { firstSeq: 2 ** 52, events: clicks(1) }),
    await recorder.post('/v1/sessions', openBody('far', 'laptop-1', 8_640_000_000_000_000)),
    await recorder.send(1, clicks(1, 2 ** 53)),
  ].map(codeOf);
  assert.deepEqual(codes, ['BODY_INVALID', 'EVENT_SEQ_INVALID', 'BODY_INVALID', 'EVENT_INVALID']);
  const edge = await recorder.post('/v1/sessions', openBody('edge', 'laptop-1', 4_000_000_000_000_000));
  assert.equal(edge.status, 201);
  assert.equal((await recorder.post('/v1/sessions/edge/finish', { lastSeq: 2 ** 40, abandon: true })).status, 200);
});
