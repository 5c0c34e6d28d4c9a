import { partitionKey } from './partition-key.ts';
import type { CommittedOffset, OffsetCommit, TopicPartition } from '../log.ts';

/** Committed positions by group and partition. */
export class GroupOffsets {
  readonly #groups = new Map<string, Map<string, CommittedOffset>>();

  store(groupId: string, offsets: readonly OffsetCommit[]): void {
    if (offsets.length === 0) return;
    const group = this.#groups.get(groupId) ?? new Map<string, CommittedOffset>();
    this.#groups.set(groupId, group);
    for (const { topic, partition, nextOffset, metadata = '' } of offsets) {
      group.set(partitionKey({ topic, partition }), { topic, partition, nextOffset, metadata });
    }
  }

  committed(groupId: string, { topic, partition }: TopicPartition): CommittedOffset {
    const known = this.#groups.get(groupId)?.get(partitionKey({ topic, partition }));
    return known ?? { topic, partition, nextOffset: undefined, metadata: '' };
  }

  /** A topic created again under the same name must not inherit positions. */
  forgetTopic(topic: string): void {
    for (const group of this.#groups.values()) {
      for (const [key, offset] of group) if (offset.topic === topic) group.delete(key);
    }
  }

  groupIds(): readonly string[] {
    return [...this.#groups.keys()].sort();
  }
}
