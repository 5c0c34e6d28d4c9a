import type { TopicDescription } from '../../log.ts';

/** Kafka's names for what a topic is described by here. */
export const configNames = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'delete.retention.ms'] as const;

/** Settings of a topic that is created. Any time stamp is taken: a replay carries old ones. */
export function configsOf(topic: TopicDescription): ReadonlyMap<string, string> {
  return new Map([
    ['cleanup.policy', topic.cleanup],
    ['retention.ms', `${topic.retentionMs}`],
    ['retention.bytes', `${topic.retentionBytes}`],
    ['delete.retention.ms', `${topic.tombstoneRetentionMs}`],
    ['message.timestamp.type', 'CreateTime'],
    ['message.timestamp.after.max.ms', '9223372036854775807'],
  ]);
}

export interface NamedTopic {
  readonly name: string;
  readonly id: string;
  readonly partitionCount: number;
}

export function descriptionOf({ name, id, partitionCount }: NamedTopic, values: ReadonlyMap<string, string>): TopicDescription {
  const number = (config: (typeof configNames)[number]): number => Number(values.get(config) ?? -1);
  return {
    name,
    id,
    partitionCount,
    cleanup: cleanupOf(values.get('cleanup.policy') ?? 'delete'),
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    tombstoneRetentionMs: number('delete.retention.ms'),
  };
}

/** Kafka takes the two words in any order. */
function cleanupOf(policy: string): TopicDescription['cleanup'] {
  if (!policy.includes('compact')) return 'delete';
  return policy.includes('delete') ? 'compact,delete' : 'compact';
}
