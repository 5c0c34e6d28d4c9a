import type { Log, TopicPartitionOffset } from '../../topology/log/log.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { partitionId } from './pending-batch.ts';

export interface StartPosition extends TopicPartitionOffset {
  /** Why the stored position could not be used: records before the log's start are gone, or the log is behind the target. */
  readonly reset?: 'expired' | 'ahead-of-log';
}

/**
 * Where to read each partition of the topics from. A stored position beyond the log's end means that the log lost its tail or was
 * created anew: everything is read again, which an idempotent target takes. @throws {LOG_TOPIC_UNKNOWN} retry: the topic is not created yet.
 */
export async function startPositions(
  log: Log,
  topics: readonly string[],
  stored: readonly TopicPartitionOffset[],
): Promise<readonly StartPosition[]> {
  const descriptions = await log.describeTopics(topics);
  const missing = topics.filter((topic) => !descriptions.some(({ name }) => name === topic));
  if (missing.length > 0) {
    throw new StepwrightError('LOG_TOPIC_UNKNOWN', `The sink waits for the topics ${missing.join(', ')}.`, { disposition: 'retry' });
  }
  const partitions = descriptions.flatMap(({ name, partitionCount }) =>
    Array.from({ length: partitionCount }, (_value, partition) => ({ topic: name, partition })),
  );
  const positions = new Map(stored.map((position) => [partitionId(position), position.nextOffset]));
  const ranges = await log.offsets(partitions, 'read_uncommitted');
  return ranges.map(({ topic, partition, startOffset, nextOffset }) => {
    const position = positions.get(partitionId({ topic, partition }));
    if (position === undefined) return { topic, partition, nextOffset: startOffset };
    if (position > nextOffset) return { topic, partition, nextOffset: startOffset, reset: 'ahead-of-log' };
    if (position < startOffset) return { topic, partition, nextOffset: startOffset, reset: 'expired' };
    return { topic, partition, nextOffset: position };
  });
}
