import { createManualClock } from '../../testing/manual-clock.ts';
import { testLogContract } from '../log-contract.ts';
import { createMemoryLog } from './memory-log.ts';

testLogContract('memory log', async (t) => {
  const clock = createManualClock();
  const maxRecordBytes = 10_000;
  const log = createMemoryLog({ clock, maxRecordBytes });
  t.after(() => log.close());
  return {
    log,
    maxRecordBytes,
    advanceMs: (byMs) => clock.advance(byMs),
    maintain: () => log.maintain(),
    evictMember: (groupId, memberId) => log.evictMember(groupId, memberId),
  };
});
