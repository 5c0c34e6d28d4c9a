/**
 * A process that appends transactions to an embedded log until it is killed: number n goes to each of three partitions, with position n.
 * It tells its parent each number whose commit has resolved, and each that a full disk refused before it tries the same commit again.
 * Arguments: directory, values per transaction and partition, bytes per value.
 */
import { hasCode } from '../../../base/errors.ts';
import type { OutputRecord } from '../../log.ts';
import { openEmbeddedLog } from '../embedded-log.ts';

const [directory = '', recordCount = '1', valueBytes = '100'] = process.argv.slice(2);
const topic = 'numbers';
const partitions = [0, 1, 2];
const position = { topic, partition: 0 };

function recordsOf(number: number): readonly OutputRecord[] {
  const value = Buffer.alloc(Number(valueBytes), ' ');
  value.write(`${number}`);
  return partitions.flatMap((partition) =>
    Array.from({ length: Number(recordCount) }, () => ({ topic, partition, key: null, value, timestampMs: number })),
  );
}

async function appendForever(): Promise<void> {
  const log = await openEmbeddedLog({ directory, memtableBytes: 1_048_576, maintenanceIntervalMs: 50, minFreeBytes: 0 });
  await log.createTopics([{ name: topic, partitionCount: partitions.length }]);
  const nothing = async (): Promise<void> => {};
  const source = await log.openSource({
    groupId: 'writer',
    memberId: 'a',
    topics: [topic],
    offsetReset: 'latest',
    onRevoked: nothing,
    onAssigned: nothing,
  });
  await source.poll({ maxWaitMs: 0 });
  const sink = await log.openSink({ transactionalId: 'writer' });
  const [committed] = await log.committed('writer', [position]);
  for (let number = Number(committed?.nextOffset ?? 0n) + 1; ; number++) {
    sink.begin();
    sink.send(recordsOf(number));
    const commit = (): Promise<void> => sink.commit([{ ...position, nextOffset: BigInt(number) }], source.membership());
    await commit().catch(async (error: unknown) => {
      if (!hasCode(error, 'LOG_DISK_FULL')) throw error;
      process.send?.({ refused: number });
      await commit();
    });
    process.send?.({ acked: number });
  }
}

appendForever().catch((error: unknown) => {
  process.send?.({ failed: String(error) }, () => process.exit(1));
});
