import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { Log, OutputRecord, Producer } from '../../../topology/log/log.ts';
import { createMemoryLog } from '../../../topology/log/memory/memory-log.ts';
import { createManualClock, type ManualClock } from '../../../topology/testing/manual-clock.ts';
import { createIngestUnderTest, type IngestUnderTest } from '../../test-support/ingest-under-test.ts';
import { clicks, codeOf, field, openBody, record, type Recorder } from '../../test-support/recorder.ts';

const startMs = 1_760_000_000_000;
const mebibyte = 1024 * 1024;

/** Ingest on a log that can go away, with a spool. */
interface Setup {
  readonly clock: ManualClock;
  readonly ingest: IngestUnderTest;
  readonly spool: Log;
  /** `refuses`: an error at once; `silent`: the records are taken and the answer is lost; `there`. */
  become(mode: Mode): void;
}
type Mode = 'there' | 'refuses' | 'silent';

async function setup(maxBytes = mebibyte): Promise<Setup> {
  const clock = createManualClock(startMs);
  const [log, spool] = [createMemoryLog({ clock }), createMemoryLog({ clock })];
  let mode: Mode = 'there';
  let lives = 0;
  // Each life opens one producer; that of a killed one reaches nothing any more.
  const openProducer = (inner: Log): Promise<Producer> => {
    const life = (lives += 1);
    return moodyProducer(inner, clock, () => (life === lives ? mode : 'refuses'));
  };
  const wrapLog = (inner: Log): Log =>
    new Proxy(inner, {
      get(target, name) {
        const member: unknown = name === 'openProducer' ? () => openProducer(target) : Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  const ingest = await createIngestUnderTest({ log, wrapLog, deps: { clock, spool: { log: spool, maxBytes } } });
  return { clock, ingest, spool, become: (next) => void (mode = next) };
}

async function moodyProducer(log: Log, clock: ManualClock, mode: () => Mode): Promise<Producer> {
  const producer = await log.openProducer();
  const send = async (records: readonly OutputRecord[]): Promise<readonly bigint[]> => {
    if (mode() === 'refuses') throw new StepwrightError('LOG_UNAVAILABLE', 'no broker', { disposition: 'retry' });
    const isSilent = mode() === 'silent';
    const offsets = await producer.send(records);
    if (!isSilent) return offsets;
    await new Promise<void>((resolve) => void clock.setTimer(30_000, resolve));
    throw new StepwrightError('LOG_UNKNOWN_OUTCOME', 'no answer', { disposition: 'retry' });
  };
  return { send, close: () => producer.close() };
}

/** Lets everything that can go on without time go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets a drain that waits try again. */
async function later(clock: ManualClock): Promise<void> {
  clock.advance(1_000);
  await settle();
}

async function seqs(ingest: IngestUnderTest): Promise<readonly number[]> {
  return (await ingest.events()).map(({ seq }) => seq);
}

test('while the log is away chunks are acked into the spool and agents slowed down; then they go to the log in order, before anything newer', async () => {
  const { clock, ingest, become } = await setup();
  const recorder = await record(ingest);
  await recorder.send(1, clicks(2));
  become('refuses');
  assert.equal(field(await recorder.send(3, clicks(2)), 'ackedSeq'), 4);
  const answer = await recorder.send(5, clicks(1));
  assert.equal(field(answer, 'ackedSeq'), 5);
  assert.ok(Number(field(answer, 'slowDownMs')) >= 1_000);
  assert.deepEqual(await seqs(ingest), [1, 2]);
  const other = await record(ingest, 's2');
  assert.equal(field(await other.send(1, clicks(1)), 'ackedSeq'), 1, 'a session may begin while the log is away');
  become('there');
  assert.equal(field(await recorder.send(6, clicks(1)), 'ackedSeq'), 6);
  await later(clock);
  const last = await recorder.send(7, clicks(1));
  assert.deepEqual([field(last, 'ackedSeq'), field(last, 'slowDownMs')], [7, 0]);
  const chunks = (await ingest.chunks()).filter(({ sessionId }) => sessionId === 's1');
  assert.deepEqual(
    chunks.flatMap(({ events }) => events.map(({ seq }) => seq)),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
});

test('S3: a write that is not answered in time goes to the spool, and may stand twice', async () => {
  const { clock, ingest, become } = await setup();
  const recorder = await record(ingest);
  become('silent');
  const answering = recorder.send(1, clicks(1));
  await settle();
  clock.advance(2_000);
  assert.equal(field(await answering, 'ackedSeq'), 1);
  become('there');
  clock.advance(30_000);
  await later(clock);
  await later(clock);
  assert.equal(field(await recorder.send(2, clicks(1)), 'ackedSeq'), 2);
  assert.deepEqual([...new Set(await seqs(ingest))], [1, 2]);
});

test('S4: only a full spool refuses, with 503 and when to come again; nothing of the refused batch is acked or kept', async () => {
  const { clock, ingest, become } = await setup(2_500);
  const recorder = await record(ingest);
  become('refuses');
  let answer = await recorder.send(1, clicks(1));
  let ackedSeq = 0;
  while (answer.status === 200) {
    ackedSeq = Number(field(answer, 'ackedSeq'));
    answer = await recorder.send(ackedSeq + 1, clicks(1));
  }
  assert.ok(ackedSeq >= 1);
  assert.deepEqual([answer.status, codeOf(answer), answer.headers['retry-after']], [503, 'SPOOL_FULL', '10']);
  const opened = await recorder.post('/v1/sessions', openBody('s2'));
  assert.equal(codeOf(opened), 'SPOOL_FULL');
  become('there');
  await later(clock);
  assert.equal(field(await recorder.send(ackedSeq + 1, clicks(1)), 'ackedSeq'), ackedSeq + 1);
  assert.deepEqual(
    await seqs(ingest),
    Array.from({ length: ackedSeq + 1 }, (_, index) => index + 1),
  );
});

test('a process that dies while the log is away has lost nothing it acked, and its next life knows every ack before the spool is empty', async () => {
  const { clock, ingest, become } = await setup();
  const recorder = await record(ingest);
  become('refuses');
  await recorder.send(1, clicks(3));
  const late = await record(ingest, 's2');
  await late.send(1, clicks(1));
  const next = await ingest.restart();
  const revived = await record(next);
  assert.equal(field(await revived.send(4, clicks(1)), 'ackedSeq'), 4);
  assert.equal(field(await (await record(next, 's2')).send(1, clicks(2)), 'duplicates'), 1);
  become('there');
  await later(clock);
  const own = (await next.chunks()).filter(({ sessionId }) => sessionId === 's1').flatMap(({ events }) => events.map(({ seq }) => seq));
  assert.deepEqual(own, [0, 1, 2, 3, 4]);
});

test('I3: what stands in the spool is sealed, and unreadable once the session is deleted; secrets were dropped before', async () => {
  const { ingest, spool, become } = await setup();
  const recorder = await record(ingest);
  become('refuses');
  const password = { role: 'textbox', name: 'Password', ref: 'e1', protected: true };
  await recorder.send(1, [
    { atMs: startMs, kind: 'input', target: password, input: { valueClass: 'text', text: 'hunter2' } },
    { atMs: startMs, kind: 'click', target: { role: 'button', name: 'Quarterly figures' } },
  ]);
  const reader = await spool.openReader({ from: [{ topic: 'spool.v1', partition: 0, nextOffset: 0n }] });
  const [batch] = await reader.poll({ maxWaitMs: 0 });
  const standing = batch?.records.at(-1);
  assert.ok(standing?.value);
  const bytes = Buffer.concat([standing.value, ...standing.headers.map(([, value]) => value)]).toString('latin1');
  for (const text of ['hunter2', 'Quarterly', 'laptop-1']) assert.equal(bytes.includes(text), false, text);
  const opened = ingest.deps.chunkSerde.deserialize(standing.value, Buffer.from('acme/s1'));
  assert.equal(JSON.stringify(opened).includes('hunter2'), false);
  assert.ok(JSON.stringify(opened).includes('Quarterly'));
  await ingest.deps.keyring.destroy('acme/s1');
  assert.throws(() => ingest.deps.chunkSerde.deserialize(standing.value ?? Buffer.alloc(0), Buffer.from('acme/s1')));
});

test('S2: for any comings and goings of the log, and kills, the log has each acked seq of each session, first in order', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), session: fc.nat(2), count: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('become' as const), mode: fc.constantFrom<Mode>('there', 'refuses') }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('later' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { clock, ingest, become } = await setup();
      let alive = ingest;
      const names = ['s0', 's1', 's2'];
      let recorders: readonly Recorder[] = await Promise.all(names.map((name) => record(alive, name)));
      const acked = names.map(() => 0);
      for (const one of steps) {
        if (one.kind === 'become') become(one.mode);
        if (one.kind === 'later') await later(clock);
        if (one.kind === 'kill') {
          alive = await alive.restart();
          recorders = await Promise.all(names.map((name) => record(alive, name)));
        }
        if (one.kind !== 'send') continue;
        const answer = await recorders[one.session]?.send((acked[one.session] ?? 0) + 1, clicks(one.count));
        assert.ok(answer?.status === 200);
        acked[one.session] = Number(field(answer, 'ackedSeq'));
      }
      become('there');
      await later(clock);
      for (const [index, name] of names.entries()) {
        const own = (await alive.chunks()).filter(({ sessionId }) => sessionId === name);
        const expected = Array.from({ length: (acked[index] ?? 0) + 1 }, (_, seq) => seq);
        assert.deepEqual(firstOf(own.flatMap(({ events }) => events.map(({ seq }) => seq))), expected);
      }
    }),
    { numRuns: 60 },
  );
});

/** Each seq where it stands first, which is what sessionize keeps. */
function firstOf(seqs: readonly number[]): readonly number[] {
  return [...new Set(seqs)];
}
