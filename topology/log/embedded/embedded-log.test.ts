import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '../../testing/manual-clock.ts';
import { testLogContract } from '../log-contract.ts';
import { openEmbeddedLog } from './embedded-log.ts';

for (const [name, tailCacheBytes] of [
  ['embedded log', 1_048_576],
  ['embedded log without a tail cache', 0],
] as const) {
  testLogContract(name, async (t) => {
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
  });
}
