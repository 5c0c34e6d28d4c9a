import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepwrightError } from '../base/errors.ts';
import { first, now, output, produce, readTexts, rejectsWith } from '../log/contract/contract-kit.ts';
import { testLogContract } from '../log/log-contract.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { createFaultyLog } from './faulty-log.ts';
import { Faults } from './faults.ts';
import { createManualClock } from './manual-clock.ts';

testLogContract('faulty log without a plan', async () => {
  const clock = createManualClock();
  const maxRecordBytes = 1000;
  const log = createMemoryLog({ clock, maxRecordBytes });
  return {
    log: createFaultyLog(log, new Faults()),
    maxRecordBytes,
    advanceMs: (byMs) => clock.advance(byMs),
    maintain: () => log.maintain(),
    evictMember: (groupId, memberId) => log.evictMember(groupId, memberId),
  };
});

test('a planned fault happens once, at the pass it was planned for, with the error it was given', async () => {
  const faults = new Faults();
  const log = createFaultyLog(createMemoryLog(), faults);
  await log.createTopics([{ name: 'events', partitionCount: 1 }]);
  faults.failAt('produce:before', { skipCount: 1, error: () => new StepwrightError('LOG_FENCED', 'planned') });
  await produce(log, [output('a')]);
  await rejectsWith('LOG_FENCED', () => produce(log, [output('refused')]));
  await produce(log, [output('b')]);
  assert.deepEqual(await readTexts(log, first), ['a', 'b']);
  assert.equal(faults.countOf('produce:before'), 3);
  assert.equal(faults.pendingCount, 0);
});

test('a held call waits until it is released', async () => {
  const faults = new Faults();
  const log = createFaultyLog(createMemoryLog(), faults);
  await log.createTopics([{ name: 'events', partitionCount: 1 }]);
  const sink = await log.openSink({ transactionalId: 'task' });
  const held = faults.holdAt('commit:before');
  sink.begin();
  sink.send([output('a')]);
  const committing = sink.commit([], undefined);
  await held.reached;
  assert.deepEqual(await readTexts(log, first), []);
  held.release();
  await committing;
  assert.deepEqual(await readTexts(log, first), ['a']);
});

test('a send that fails leaves the transaction to be aborted', async () => {
  const faults = new Faults();
  const log = createFaultyLog(createMemoryLog(), faults);
  await log.createTopics([{ name: 'events', partitionCount: 1 }]);
  const reader = await log.openReader({ from: [{ ...first, nextOffset: 0n }] });
  const sink = await log.openSink({ transactionalId: 'task' });
  faults.failAt('sink:send');
  sink.begin();
  await rejectsWith('LOG_DISK_FULL', () => sink.send([output('never')]));
  await sink.abort();
  assert.deepEqual(await reader.poll(now), []);
});
