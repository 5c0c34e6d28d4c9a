import type { OffsetCommit, TopicPartition } from '../../log.ts';
import { byTopic } from '../wire/by-topic.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';
import { readPartitionCodes } from './partition-codes.ts';
import type { ProducerIdentity } from './producer-requests.ts';

/**
 * How transactions are told to the broker. 1: partitions and groups are added before they are written (KIP-98). 2: the first record or position adds them, and
 * every transaction has an epoch of its own, so that nothing late can get into the next one (KIP-890); from brokers 4.0 on.
 */
export type TransactionVersion = 1 | 2;

/** A producer inside a transaction of its id. */
export interface TransactionIdentity extends ProducerIdentity {
  readonly transactionalId: string;
}

/** The group member under which positions are committed (KIP-447). */
export interface CommittingMember {
  readonly groupId: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | null;
}

/** AddPartitionsToTxn v2. Answers with the first code that is not 0, or 0. */
export function addPartitionsRequest(identity: TransactionIdentity, partitions: readonly TopicPartition[]): KafkaRequest<number> {
  return {
    api: 'AddPartitionsToTxn',
    version: 2,
    isFlexible: false,
    write: (writer) => {
      writer.string(identity.transactionalId).int64(identity.producerId).int16(identity.producerEpoch);
      writer.array(byTopic(partitions), ({ topic, partitions: members }) =>
        writer.string(topic).array(members, ({ partition }) => writer.int32(partition)),
      );
    },
    read: (reader) => readPartitionCodes(reader, false),
  };
}

/** AddOffsetsToTxn v2. */
export function addOffsetsRequest(identity: TransactionIdentity, groupId: string): KafkaRequest<number> {
  return {
    api: 'AddOffsetsToTxn',
    version: 2,
    isFlexible: false,
    write: (writer) => {
      writer.string(identity.transactionalId).int64(identity.producerId).int16(identity.producerEpoch).string(groupId);
    },
    read: (reader) => {
      reader.int32();
      return reader.int16();
    },
  };
}

/** TxnOffsetCommit v3: the first version that names generation and member, so that a stale member is refused; v5 adds the group to the transaction itself. */
export function txnOffsetCommitRequest(
  { version, ...identity }: TransactionIdentity & { readonly version: TransactionVersion },
  member: CommittingMember,
  offsets: readonly OffsetCommit[],
): KafkaRequest<number> {
  return {
    api: 'TxnOffsetCommit',
    version: version === 2 ? 5 : 3,
    isFlexible: true,
    write: (writer) => {
      writer.string(identity.transactionalId).string(member.groupId).int64(identity.producerId).int16(identity.producerEpoch);
      writer.int32(member.generation).string(member.memberId).nullableString(member.instanceId);
      writer.array(byTopic(offsets), ({ topic, partitions }) =>
        writer
          .string(topic)
          .array(partitions, ({ partition, nextOffset, metadata }) =>
            writer
              .int32(partition)
              .int64(nextOffset)
              .int32(-1)
              .nullableString(metadata ?? '')
              .tags(),
          )
          .tags(),
      );
      writer.tags();
    },
    read: (reader) => readPartitionCodes(reader, true),
  };
}

/** EndTxn v2. Repeating it within the same epoch answers as the first time. */
export function endTxnRequest(identity: TransactionIdentity, isCommit: boolean): KafkaRequest<number> {
  return {
    api: 'EndTxn',
    version: 2,
    isFlexible: false,
    write: (writer) => {
      writer.string(identity.transactionalId).int64(identity.producerId).int16(identity.producerEpoch).boolean(isCommit);
    },
    read: (reader) => {
      reader.int32();
      return reader.int16();
    },
  };
}

/** EndTxn v5. Answers with the identity for the next transaction. Repeating it answers as the first time. */
export function endAndRenewRequest(
  identity: TransactionIdentity,
  isCommit: boolean,
): KafkaRequest<ProducerIdentity & { readonly code: number }> {
  return {
    api: 'EndTxn',
    version: 5,
    isFlexible: true,
    write: (writer) => {
      writer.string(identity.transactionalId).int64(identity.producerId).int16(identity.producerEpoch).boolean(isCommit).tags();
    },
    read: (reader) => {
      reader.int32();
      return { code: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() };
    },
  };
}

/** DescribeTransactions v0: the coordinator's word for where a transaction is (`Ongoing`, `PrepareCommit`, `CompleteCommit`, …). */
export function describeTransactionRequest(transactionalId: string): KafkaRequest<{ readonly code: number; readonly state: string }> {
  return {
    api: 'DescribeTransactions',
    version: 0,
    isFlexible: true,
    write: (writer) => writer.array([transactionalId], (id) => writer.string(id)).tags(),
    read: (reader) => {
      reader.int32();
      const found = reader.array(() => {
        const code = reader.int16();
        reader.string();
        const state = reader.string();
        reader.int32();
        reader.int64();
        reader.int64();
        reader.int16();
        reader.array(() => {
          reader.string();
          reader.array(() => reader.int32());
          reader.tags();
        });
        reader.tags();
        return { code, state };
      });
      return found[0] ?? { code: 0, state: '' };
    },
  };
}
