import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Log } from '../../topology/log/log.ts';
import { createMemoryLog } from '../../topology/log/memory/memory-log.ts';
import { createManualClock } from '../../topology/testing/manual-clock.ts';
import { createIngestUnderTest, type IngestUnderTest } from '../test-support/ingest-under-test.ts';
import { clicks, codeOf, field, openBody, record, type Recorder } from '../test-support/recorder.ts';

interface Pair {
  readonly a: Recorder;
  readonly b: IngestUnderTest;
}

/** Session s1 was opened at gateway A; B knows nothing of it but what the log says. */
async function pair(): Promise<Pair> {
  const first = await createIngestUnderTest({ deps: { gatewayId: 'a' } });
  const b = await first.beside('b');
  return { a: await record(first), b };
}

/** The agent goes on at another gateway, as after a failure of the balancer's choice: without opening again. */
function movedTo(ingest: IngestUnderTest): Pick<Recorder, 'post' | 'send'> {
  const token = ingest.token('acme', 'agent');
  const post: Recorder['post'] = (path, json, headers = { 'stepwright-device': 'laptop-1' }) =>
    ingest.call({ method: 'POST', path, token, json, headers });
  return { post, send: (firstSeq, events) => post('/v1/sessions/s1/events', { firstSeq, events }) };
}

async function seqs(ingest: IngestUnderTest): Promise<readonly number[]> {
  return (await ingest.events()).map(({ seq }) => seq);
}

test('I5: an agent that goes on at another gateway is acked from where the first one had acked; nothing is lost or doubled', async () => {
  const { a, b } = await pair();
  assert.equal(field(await a.send(1, clicks(5)), 'ackedSeq'), 5);
  const moved = movedTo(b);
  assert.equal(field(await moved.send(6, clicks(3)), 'ackedSeq'), 8);
  assert.deepEqual(await seqs(b), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test('I5: a gateway that gets a session back goes on behind what the other acked meanwhile, however old its own state is', async () => {
  const { a, b } = await pair();
  await a.send(1, clicks(2));
  await movedTo(b).send(3, clicks(4));
  assert.equal(field(await a.send(7, clicks(1)), 'ackedSeq'), 7);
  assert.equal(field(await movedTo(b).post('/v1/sessions/s1/finish', { lastSeq: 7 }), 'ackedSeq'), 8);
  assert.equal(codeOf(await a.send(9, clicks(1))), 'SESSION_FINISHED');
  const token = a.ingest.token('acme', 'agent');
  const ack = await a.ingest.call({ method: 'GET', path: '/v1/sessions/s1/ack', token });
  assert.deepEqual([field(ack, 'ackedSeq'), field(ack, 'status')], [8, 'finished']);
  assert.deepEqual(await seqs(b), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test('an agent whose ack was lost with the first gateway sends again and hears the whole ack; sessionize drops at most what came twice', async () => {
  const { a, b } = await pair();
  await a.send(1, clicks(5));
  const token = b.token('acme', 'agent');
  const reopened = await b.call({ method: 'POST', path: '/v1/sessions', token, json: openBody('s1') });
  assert.deepEqual([reopened.status, field(reopened, 'ackedSeq')], [200, 5]);
  const again = await movedTo(b).send(1, clicks(6));
  assert.deepEqual([field(again, 'ackedSeq'), field(again, 'duplicates'), field(again, 'appended')], [6, 5, 1]);
});

test('P1, P3: a field that was protected at one gateway is protected at the other, and where the focus is counts as unknown there', async () => {
  const { a, b } = await pair();
  const password = { role: 'textbox', name: 'Password', ref: 'e1' };
  const search = { role: 'textbox', name: 'Search', ref: 'e2' };
  await a.send(1, [
    { atMs: 1, kind: 'focus', target: { ...password, protected: true } },
    { atMs: 2, kind: 'focus', target: search },
  ]);
  const shown = { atMs: 3, kind: 'input', target: password, input: { valueClass: 'text', text: 'hunter2' } };
  const key = { atMs: 4, kind: 'key.down', key: { key: 'h' } };
  assert.equal(field(await movedTo(b).send(3, [key, shown]), 'dropped'), 2);
  assert.equal(JSON.stringify(await b.events()).includes('hunter2'), false);
});

test('J4: a checkpoint of one gateway never passes over what another has acked: a third one starts with both', async () => {
  const { a, b } = await pair();
  await a.send(1, clicks(2));
  await movedTo(b).send(3, clicks(2));
  const other = await record(b, 's2');
  await other.send(1, clicks(1));
  // B is dead from here on, without a checkpoint of its own; A writes positions behind B's chunks.
  await a.send(5, clicks(1));
  await a.ingest.service.checkpoint();
  const c = await b.beside('c');
  assert.equal(field(await movedTo(c).send(6, clicks(1)), 'ackedSeq'), 6);
  assert.equal(field(await (await record(c, 's2')).send(2, clicks(1)), 'ackedSeq'), 2);
});

test('J4: an older checkpoint that comes after a newer one of another gateway takes nothing back', async () => {
  const { a, b } = await pair();
  await a.send(1, clicks(2));
  await movedTo(b).send(3, clicks(2));
  await b.service.checkpoint();
  await a.send(5, clicks(1));
  await a.ingest.service.checkpoint();
  await b.service.checkpoint();
  const c = await b.beside('c');
  assert.equal(c.service.find({ tenantId: 'acme', sessionId: 's1' }) instanceof Object, true);
  assert.equal(field(await movedTo(c).send(6, clicks(1)), 'ackedSeq'), 6);
});

test('what another gateway acked and the log does not have yet is waited for, not denied; after an hour the agent is told', async () => {
  const { a, b } = await pair();
  await a.send(1, clicks(2));
  const moved = movedTo(b);
  const early = await moved.send(6, clicks(1));
  assert.deepEqual([early.status, codeOf(early)], [503, 'UNAVAILABLE']);
  b.clock.advance(b.deps.limits.maxSpoolDelayMs + 1);
  assert.equal(field(await moved.send(6, clicks(1)), 'ackedSeq'), 2);
  const lost = await moved.post('/v1/sessions/s1/events', { firstSeq: 6, events: clicks(1), lostBefore: true });
  assert.equal(field(lost, 'ackedSeq'), 6);
});

test('a gateway that cannot read the log now acks nothing by what it remembers', async () => {
  const clock = createManualClock(1_760_000_000_000);
  const memory = createMemoryLog({ clock });
  let isAway = false;
  const log: Log = new Proxy(memory, {
    get(target, name) {
      if (name === 'offsets' && isAway)
        return () => Promise.reject(new StepwrightError('LOG_UNAVAILABLE', 'no broker', { disposition: 'retry' }));
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const first = await createIngestUnderTest({ log: memory, deps: { gatewayId: 'a' } });
  const b = await first.beside('b', { log });
  const a = await record(first);
  await a.send(1, clicks(1));
  isAway = true;
  const answer = await b.call({ method: 'GET', path: '/v1/sessions/s1/ack', token: b.token('acme', 'agent') });
  assert.deepEqual([answer.status, codeOf(answer)], [503, 'UNAVAILABLE']);
});

test('states of a gateway that is gone are deleted from the state topic once their sessions are too old', async () => {
  const { a, b } = await pair();
  await a.send(1, clicks(1));
  await a.ingest.service.checkpoint();
  b.clock.advance(3 * b.deps.limits.maxSilenceMs);
  const c = await b.beside('c');
  await (await record(c, 's2')).send(1, clicks(1));
  await c.service.checkpoint();
  const d = await b.beside('d');
  const known = d.service.find({ tenantId: 'acme', sessionId: 's2' });
  assert.ok('ackedSeq' in known && known.ackedSeq === 1);
  const reader = await c.log.openReader({ from: [{ topic: 'ingest.sessions.v1', partition: 0, nextOffset: 0n }] });
  const last = new Map<string, boolean>();
  for (const { records } of await reader.poll({ maxWaitMs: 0 }))
    for (const { key, value } of records) last.set(key?.toString() ?? '', value !== null);
  await reader.close();
  assert.deepEqual([last.get('@a/acme/s1'), last.get('@c/acme/s2')], [false, true]);
});
