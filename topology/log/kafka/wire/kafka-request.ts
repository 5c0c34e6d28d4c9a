import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** One request of Kafka's protocol in a fixed version, and how its answer is read. Error codes stay numbers; who asked judges them. */
export interface KafkaRequest<T> {
  readonly api: keyof typeof apiKeys;
  readonly version: number;
  /** True for the versions with compact encoding (KIP-482). */
  readonly isFlexible: boolean;
  /** How long the broker may hold the request on purpose (fetch, join). */
  readonly holdMs?: number;
  readonly write: (writer: WireWriter) => void;
  readonly read: (reader: WireReader) => T;
}

/** Numbers of the requests used here (Kafka protocol guide). */
export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  DescribeGroups: 15,
  ListGroups: 16,
  ApiVersions: 18,
  CreateTopics: 19,
  DeleteTopics: 20,
  DeleteRecords: 21,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
  DescribeConfigs: 32,
  DescribeTransactions: 65,
} as const;
