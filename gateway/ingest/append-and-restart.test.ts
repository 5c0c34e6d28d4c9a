import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ingestHeader } from '../../schemas/record-headers.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Log, Producer } from '../../topology/log/log.ts';
import { createIngestUnderTest } from '../test-support/ingest-under-test.ts';
import { clicks, field, openBody, record } from '../test-support/recorder.ts';
import { createDeltaCodec } from './session-state.ts';

type Send = Producer['send'];

/** The log with another way to send. */
function withSend(log: Log, sendBy: (send: Send, records: Parameters<Send>[0]) => ReturnType<Send>): Log {
  const openProducer = async (): Promise<Producer> => {
    const producer = await log.openProducer();
    return { close: () => producer.close(), send: (records) => sendBy((all) => producer.send(all), records) };
  };
  return new Proxy(log, {
    get(target, name) {
      const member: unknown = name === 'openProducer' ? openProducer : Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

test('a large batch becomes several chunks without a hole, and its ack covers all of them', async () => {
  const recorder = await record(await createIngestUnderTest({ limits: { maxChunkBytes: 1_000 } }));
  const answer = await recorder.send(1, clicks(40));
  assert.equal(field(answer, 'ackedSeq'), 40);
  assert.ok((await recorder.ingest.records()).length > 4);
  assert.deepEqual(
    (await recorder.ingest.events()).map(({ seq }) => seq),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
});

test('P1: each part of a large batch names the fields that it protects, whichever of them a restart reads', async () => {
  const recorder = await record(await createIngestUnderTest({ limits: { maxChunkBytes: 1_000 } }));
  const password = { role: 'textbox', name: 'Password', ref: 'e1', protected: true };
  await recorder.send(1, [{ atMs: 1, kind: 'focus', target: password }, ...clicks(40)]);
  const deltas = createDeltaCodec(recorder.ingest.deps.keyring);
  const parts = (await recorder.ingest.records()).slice(1).map(({ headers }) => {
    const header = headers.find(([name]) => name === ingestHeader)?.[1];
    return header && deltas.decode(header, 'acme/s1')?.addedFields.length;
  });
  assert.ok(parts.length > 2);
  assert.deepEqual(new Set(parts), new Set([1]));
});

test('a failed write acks nothing and hides its reason; a full disk says so', async () => {
  let failure: StepwrightError | undefined;
  const wrapLog = (log: Log): Log => withSend(log, (send, records) => (failure === undefined ? send(records) : Promise.reject(failure)));
  const recorder = await record(await createIngestUnderTest({ wrapLog }));
  failure = new StepwrightError('LOG_UNKNOWN_OUTCOME', 'secret path /var/x', { disposition: 'retry' });
  const unavailable = await recorder.send(1, clicks(1));
  assert.equal(unavailable.status, 503);
  assert.equal(unavailable.body.includes('/var/x'), false);
  failure = new StepwrightError('LOG_DISK_FULL', 'full');
  assert.equal((await recorder.send(1, clicks(1))).status, 507);
  failure = undefined;
  assert.equal(field(await recorder.send(1, clicks(1)), 'ackedSeq'), 1);
});

test('J3: after a kill the acks, devices, marks and protected fields are there again, with and without a checkpoint', async () => {
  for (const checkpoint of [false, true]) {
    const recorder = await record(await createIngestUnderTest());
    await recorder.send(1, [
      { atMs: 1, kind: 'focus', target: { role: 'textbox', name: 'Password', ref: 'e1', protected: true } },
      ...clicks(2),
    ]);
    if (checkpoint) await recorder.ingest.service.checkpoint();
    const second = await record(recorder.ingest, 's2');
    await second.post('/v1/sessions/s2/finish', { lastSeq: 0 });
    const ingest = await recorder.ingest.restart();
    const revived = await record(ingest);
    assert.equal(field(await revived.post('/v1/sessions', openBody('s1', 'x')), 'ackedSeq'), undefined);
    const shown = {
      atMs: 4,
      kind: 'input',
      target: { role: 'textbox', name: 'Password', ref: 'e1' },
      input: { valueClass: 'text', text: 'hunter2' },
    };
    const answer = await revived.send(4, [shown]);
    assert.equal(field(answer, 'ackedSeq'), 4);
    assert.equal(field(answer, 'dropped'), 1);
    assert.equal(JSON.stringify(await ingest.events()).includes('hunter2'), false);
    const finished = await ingest.call({ method: 'GET', path: '/v1/sessions/s2/ack', token: ingest.token('acme', 'agent') });
    assert.equal(field(finished, 'status'), 'finished');
  }
});

test('appends of many sessions share log writes', async () => {
  let writes = 0;
  const wrapLog = (log: Log): Log => withSend(log, (send, records) => ((writes += 1), send(records)));
  const ingest = await createIngestUnderTest({ wrapLog });
  const recorders = await Promise.all(Array.from({ length: 50 }, (_, index) => record(ingest, `s${index}`)));
  const before = writes;
  await Promise.all(recorders.map((recorder) => recorder.send(1, clicks(1))));
  assert.ok(writes - before <= 5, `${writes - before} writes for 50 sessions`);
});

test('events that an agent says it lost are passed over: the ack goes on behind the hole, and only then', async () => {
  const recorder = await record(await createIngestUnderTest());
  await recorder.send(1, clicks(2));
  assert.equal(field(await recorder.send(6, clicks(1)), 'ackedSeq'), 2, 'a hole that nobody explained holds the ack');
  const answer = await recorder.post('/v1/sessions/s1/events', { firstSeq: 6, events: clicks(1), lostBefore: true });
  assert.equal(field(answer, 'ackedSeq'), 6);
  assert.deepEqual(
    (await recorder.ingest.events()).map(({ seq }) => seq),
    [1, 2, 6],
  );
  const wrong = await recorder.post('/v1/sessions/s1/events', { firstSeq: 9, events: clicks(1), lostBefore: 'yes' });
  assert.equal(wrong.status, 400);
});
