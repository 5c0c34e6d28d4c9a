import type { TopicPartition } from '../../log.ts';

export interface TopicGroup<T> {
  readonly topic: string;
  readonly partitions: readonly T[];
}

/** Kafka's requests nest partitions in topics. */
export function byTopic<T extends TopicPartition>(items: readonly T[]): readonly TopicGroup<T>[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.topic);
    if (group === undefined) groups.set(item.topic, [item]);
    else group.push(item);
  }
  return [...groups].map(([topic, partitions]) => ({ topic, partitions }));
}
