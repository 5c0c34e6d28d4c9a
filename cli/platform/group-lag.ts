import type { Log, TopicPartition } from '../../topology/log/log.ts';

/** How far a group is behind the end of one partition. */
export interface PartitionLag extends TopicPartition {
  readonly groupId: string;
  /** Undefined when the group never committed here. */
  readonly committedOffset: bigint | undefined;
  readonly endOffset: bigint;
  /** Offsets between the two: an upper bound of records, since offsets are sparse. */
  readonly lagCount: number;
}

/** Lag of a group on topics, from the log alone: no member need be alive. Missing topics are left out. @throws {LOG_UNAVAILABLE} */
export async function groupLag(log: Log, groupId: string, topics: readonly string[]): Promise<readonly PartitionLag[]> {
  const partitions = (await log.describeTopics([...new Set(topics)])).flatMap(({ name: topic, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
  );
  if (partitions.length === 0) return [];
  const [ends, committed] = await Promise.all([log.offsets(partitions, 'read_committed'), log.committed(groupId, partitions)]);
  return partitions.map((at, index) => {
    const end = ends[index];
    const endOffset = end?.nextOffset ?? 0n;
    const committedOffset = committed[index]?.nextOffset;
    const lagCount = Number(endOffset - (committedOffset ?? end?.startOffset ?? 0n));
    return { ...at, groupId, committedOffset, endOffset, lagCount };
  });
}
