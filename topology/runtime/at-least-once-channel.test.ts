import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepwrightError } from '../base/errors.ts';
import type { OffsetCommit, OutputRecord } from '../log/log.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { AtLeastOnceChannel } from './at-least-once-channel.ts';

const at = (nextOffset: bigint): OffsetCommit => ({ topic: 'in', partition: 0, nextOffset });
const record: OutputRecord = { topic: 'out', partition: 0, key: Buffer.from('a'), value: Buffer.from('1'), timestampMs: 1 };

function createGroup() {
  const clock = createManualClock();
  const calls: string[] = [];
  const group = { isMember: true };
  const channel = new AtLeastOnceChannel({
    clock,
    producer: {
      send: async (records) => {
        calls.push('send');
        return records.map(() => 0n);
      },
      close: async () => {},
    },
    commitOffsets: async (offsets) => {
      calls.push(`commit ${offsets.map(({ nextOffset }) => nextOffset).join()}`);
      if (!group.isMember) throw new StepwrightError('LOG_STALE_MEMBER', 'out of date', { disposition: 'rebuild-task' });
    },
    committed: async () => [at(5n)],
  });
  const commit = (nextOffset: bigint) => channel.commit({ records: [record], offsets: [at(nextOffset)], onSent: () => {} });
  return { clock, calls, group, commit };
}

test('a channel that commits steadily asks nobody before it writes', async () => {
  const { clock, calls, commit } = createGroup();
  await commit(6n);
  clock.advance(1_999);
  await commit(7n);
  assert.deepEqual(calls, ['send', 'commit 6', 'send', 'commit 7']);
});

test('K7 one that was silent for long commits its last offsets again first, and writes nothing when it is out of the group', async () => {
  const { clock, calls, group, commit } = createGroup();
  await commit(6n);
  clock.advance(2_000);
  await commit(7n);
  group.isMember = false;
  clock.advance(60_000);
  await assert.rejects(commit(8n), { code: 'LOG_STALE_MEMBER' });
  assert.deepEqual(calls, ['send', 'commit 6', 'commit 6', 'send', 'commit 7', 'commit 7']);
});

test('K7 before its first commit it asks with what the group has committed', async () => {
  const { clock, calls, commit } = createGroup();
  clock.advance(10_000);
  await commit(6n);
  assert.deepEqual(calls, ['commit 5', 'send', 'commit 6']);
});
