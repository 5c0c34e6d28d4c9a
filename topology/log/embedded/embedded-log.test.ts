import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '../../testing/manual-clock.ts';
import { testCleanup } from '../contract/cleanup-contract.ts';
import type { OpenLogUnderTest } from '../contract/contract-kit.ts';
import { testHistories } from '../contract/history-contract.ts';
import { testRecords } from '../contract/record-contract.ts';
import { testLogContract } from '../log-contract.ts';
import { openEmbeddedLog } from './embedded-log.ts';

function embeddedLog(tailCacheBytes: number): OpenLogUnderTest {
  return async (t) => {
    const clock = createManualClock();
    const maxRecordBytes = 10_000;
    const directory = await mkdtemp(join(tmpdir(), 'stepwright-log-'));
    const log = await openEmbeddedLog({ directory, clock, maxRecordBytes, tailCacheBytes, memtableBytes: 4_194_304 });
    t.after(async () => {
      await log.close();
      await rm(directory, { recursive: true, force: true });
    });
    return {
      log,
      maxRecordBytes,
      advanceMs: (byMs) => clock.advance(byMs),
      maintain: () => log.maintain(),
      evictMember: (groupId, memberId) => log.evictMember(groupId, memberId),
    };
  };
}

testLogContract('embedded log', embeddedLog(1_048_576));

// The cache touches reads only: groups and ownership do not see it.
const uncached = embeddedLog(0);
for (const contract of [testRecords, testCleanup, testHistories]) contract('embedded log without a tail cache', uncached);
