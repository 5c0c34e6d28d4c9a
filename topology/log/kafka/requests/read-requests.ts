import type { Isolation, TopicPartition, TopicPartitionOffset } from '../../log.ts';
import { byTopic } from '../wire/by-topic.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';

const isolationLevel = { read_uncommitted: 0, read_committed: 1 } as const;

export interface FetchOptions {
  readonly isolation: Isolation;
  /** How long the broker may wait for the first byte. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface FetchedBytes extends TopicPartition {
  readonly code: number;
  readonly logStartOffset: bigint;
  readonly aborted: readonly AbortedTransaction[];
  /** Whole record batches, the last possibly cut off. */
  readonly records: Buffer;
}

/** Fetch v11, without sessions. */
export function fetchRequest(
  from: readonly TopicPartitionOffset[],
  options: FetchOptions,
): KafkaRequest<{ readonly code: number; readonly partitions: readonly FetchedBytes[] }> {
  return {
    api: 'Fetch',
    version: 11,
    isFlexible: false,
    holdMs: options.maxWaitMs,
    write: (writer) => {
      writer.int32(-1).int32(options.maxWaitMs).int32(1).int32(options.maxBytes).int8(isolationLevel[options.isolation]).int32(0).int32(-1);
      writer.array(byTopic(from), ({ topic, partitions }) =>
        writer
          .string(topic)
          .array(partitions, ({ partition, nextOffset }) =>
            writer.int32(partition).int32(-1).int64(nextOffset).int64(-1n).int32(options.partitionMaxBytes),
          ),
      );
      writer.array([], () => {}).string('');
    },
    read: (reader) => {
      reader.int32();
      const code = reader.int16();
      reader.int32();
      const partitions = reader.array(() => {
        const topic = reader.string();
        return reader.array(() => {
          const partition = reader.int32();
          const partitionCode = reader.int16();
          reader.int64();
          reader.int64();
          const logStartOffset = reader.int64();
          const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }));
          reader.int32();
          return { topic, partition, code: partitionCode, logStartOffset, aborted, records: reader.bytes() };
        });
      });
      return { code, partitions: partitions.flat() };
    },
  };
}

/** Time stamps with a meaning of their own. */
export const listAt = { start: -2n, end: -1n } as const;

export interface ListedOffset extends TopicPartition {
  readonly code: number;
  readonly offset: bigint;
}

/** ListOffsets v2. The end is the last stable offset when read-committed. */
export function listOffsetsRequest(
  partitions: readonly TopicPartition[],
  isolation: Isolation,
  at: bigint,
): KafkaRequest<readonly ListedOffset[]> {
  return {
    api: 'ListOffsets',
    version: 2,
    isFlexible: false,
    write: (writer) => {
      writer.int32(-1).int8(isolationLevel[isolation]);
      writer.array(byTopic(partitions), ({ topic, partitions: members }) =>
        writer.string(topic).array(members, ({ partition }) => writer.int32(partition).int64(at)),
      );
    },
    read: (reader) => {
      reader.int32();
      return reader
        .array(() => {
          const topic = reader.string();
          return reader.array(() => {
            const partition = reader.int32();
            const code = reader.int16();
            reader.int64();
            return { topic, partition, code, offset: reader.int64() };
          });
        })
        .flat();
    },
  };
}
