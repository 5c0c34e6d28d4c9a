import type { TopicPartition } from '../log.ts';

/** `topic-partition`, the name of a partition in maps and messages. Unambiguous: the partition is what follows the last dash. */
export function partitionKey(at: TopicPartition): string {
  return `${at.topic}-${at.partition}`;
}
