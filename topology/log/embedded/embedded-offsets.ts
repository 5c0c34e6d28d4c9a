import { GroupOffsets } from '../local/group-offsets.ts';
import type { CommittedOffset, OffsetCommit, TopicPartition } from '../log.ts';
import type { Rocks, WriteBatch } from './rocks.ts';
import { kind, offsetKey, offsetKeyParts, rangeOf } from './storage-keys.ts';
import type { TopicCatalog } from './topic-catalog.ts';

/** Value: next offset (i64), then the metadata as UTF-8. Versions: 1. */
const metadataStart = 8;

/** Committed positions of the groups: in RocksDB, and in memory for reading. */
export class EmbeddedOffsets {
  readonly #topics: TopicCatalog;
  readonly #offsets = new GroupOffsets();

  constructor(rocks: Rocks, topics: TopicCatalog) {
    this.#topics = topics;
    for (const { key, value } of rocks.scan(rangeOf(kind.offset))) {
      const { groupId, topicNumber, partition } = offsetKeyParts(key);
      const topic = topics.byNumber(topicNumber)?.description.name;
      if (topic === undefined) continue;
      const metadata = value.toString('utf8', metadataStart);
      this.#offsets.store(groupId, [{ topic, partition, nextOffset: value.readBigInt64BE(0), metadata }]);
    }
  }

  committed(groupId: string, at: TopicPartition): CommittedOffset {
    return this.#offsets.committed(groupId, at);
  }

  /** Puts the positions into a write; `stored` follows when it has succeeded. @throws {LOG_TOPIC_UNKNOWN} */
  put(batch: WriteBatch, groupId: string, offsets: readonly OffsetCommit[]): void {
    for (const offset of offsets) {
      const { address } = this.#topics.partition(offset);
      const metadata = Buffer.from(offset.metadata ?? '');
      const value = Buffer.allocUnsafe(metadataStart + metadata.length);
      value.writeBigInt64BE(offset.nextOffset, 0);
      metadata.copy(value, metadataStart);
      batch.put(offsetKey(address, groupId), value);
    }
  }

  stored(groupId: string, offsets: readonly OffsetCommit[]): void {
    this.#offsets.store(groupId, offsets);
  }

  forgetTopic(topic: string): void {
    this.#offsets.forgetTopic(topic);
  }

  groupIds(): readonly string[] {
    return this.#offsets.groupIds();
  }
}
