import type { CommittedOffset, OffsetCommit, TopicPartition } from '../../log.ts';
import { byTopic } from '../wire/by-topic.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';
import { firstError, readPartitionCodes } from './partition-codes.ts';
import type { CommittingMember } from './transaction-requests.ts';

/** OffsetCommit v7, without a transaction. Answers with the first code that is not 0, or 0. */
export function offsetCommitRequest(member: CommittingMember, offsets: readonly OffsetCommit[]): KafkaRequest<number> {
  return {
    api: 'OffsetCommit',
    version: 7,
    isFlexible: false,
    write: (writer) => {
      writer.string(member.groupId).int32(member.generation).string(member.memberId).nullableString(member.instanceId);
      writer.array(byTopic(offsets), ({ topic, partitions }) =>
        writer.string(topic).array(partitions, ({ partition, nextOffset, metadata }) =>
          writer
            .int32(partition)
            .int64(nextOffset)
            .int32(-1)
            .nullableString(metadata ?? ''),
        ),
      );
    },
    read: (reader) => readPartitionCodes(reader, false),
  };
}

/** OffsetFetch v7 with requireStable: refused (88) while a transaction with positions of these partitions is pending. */
export function offsetFetchRequest(
  groupId: string,
  partitions: readonly TopicPartition[],
): KafkaRequest<{ readonly code: number; readonly offsets: readonly CommittedOffset[] }> {
  return {
    api: 'OffsetFetch',
    version: 7,
    isFlexible: true,
    write: (writer) => {
      writer.string(groupId);
      writer.array(byTopic(partitions), ({ topic, partitions: members }) =>
        writer
          .string(topic)
          .array(members, ({ partition }) => writer.int32(partition))
          .tags(),
      );
      writer.boolean(true).tags();
    },
    read: (reader) => {
      reader.int32();
      const codes: number[] = [];
      const offsets = reader.array(() => {
        const topic = reader.string();
        const found = reader.array(() => {
          const partition = reader.int32();
          const offset = reader.int64();
          reader.int32();
          const metadata = reader.string();
          codes.push(reader.int16());
          reader.tags();
          return { topic, partition, nextOffset: offset < 0n ? undefined : offset, metadata };
        });
        reader.tags();
        return found;
      });
      codes.push(reader.int16());
      return { code: firstError(codes), offsets: offsets.flat() };
    },
  };
}
