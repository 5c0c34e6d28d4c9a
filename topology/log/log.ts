import type { Headers } from '../base/headers.ts';

/**
 * The log port. Everything above it is the same on every log; `memory`, `embedded` and `kafka` pass one contract suite
 * (`log-contract.ts`). Offsets are `bigint`, sparse (markers, aborts, compaction) and say *next* or *last*.
 */
export interface Log {
  /** Creates what is missing. @throws {LOG_TOPIC_MISMATCH} when a topic exists with another partition count or cleanup policy. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Missing topics are left out of the answer. */
  describeTopics(names: readonly string[]): Promise<readonly TopicDescription[]>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Makes records before `beforeOffset` unreadable (repartition purge, forgetting). */
  deleteRecords(at: readonly TopicPartitionOffset[]): Promise<void>;

  /** Joins `groupId` and takes a share of the partitions. */
  openSource(options: SourceOptions): Promise<GroupedSource>;
  /** Initialises a transactional producer: fences every older owner of the id and ends its open transaction first. */
  openSink(options: SinkOptions): Promise<TransactionalSink>;
  /** A producer without transactions: at-least-once, for the gateway and for `at_least_once` tasks. */
  openProducer(): Promise<Producer>;
  /** Reads partitions without a group (restore, standby, replay, live tail). */
  openReader(options: ReaderOptions): Promise<PartitionReader>;

  /** First readable and next-to-be-written offset. `isolation` decides whether next stops before the oldest open transaction. */
  offsets(partitions: readonly TopicPartition[], isolation: Isolation): Promise<readonly PartitionRange[]>;
  /** Committed positions of a group; waits until no transaction that touches them is pending (KIP-447 requireStable). */
  committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]>;
  /** Per group: committed positions of every partition it ever committed. For the operator's lag page. */
  listGroups(): Promise<readonly string[]>;
  /** Who is in a group now, and with what. Nobody, for a group without members; a log in one process knows its own members only. */
  describeGroup(groupId: string): Promise<GroupDescription>;
  /**
   * Resolves when everything committed before the call would survive a power loss. Awaited before a store flush that refers to it, so that a
   * store never runs ahead of its log (K2). Cheap to call often: concurrent calls share one sync; logs that replicate instead return at once.
   */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export type Isolation = 'read_committed' | 'read_uncommitted';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface TopicPartitionOffset extends TopicPartition {
  readonly nextOffset: bigint;
}

export interface PartitionRange extends TopicPartition {
  readonly startOffset: bigint;
  readonly nextOffset: bigint;
}

export interface CommittedOffset extends TopicPartition {
  /** Position of the next record to read; `undefined` when the group never committed here. */
  readonly nextOffset: bigint | undefined;
  readonly metadata: string;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitionCount: number;
  /** `delete` by age and size, `compact` to the last record a key, `compact,delete` both. Default `delete`. */
  readonly cleanup?: 'delete' | 'compact' | 'compact,delete';
  /** -1 keeps for ever (default). */
  readonly retentionMs?: number;
  /** -1 has no bound (default). Per partition. */
  readonly retentionBytes?: number;
  /** How long a compacted topic keeps a tombstone. Default 24 h. */
  readonly tombstoneRetentionMs?: number;
}

export interface TopicDescription extends Required<TopicSpec> {
  /** Changes when a topic is deleted and created again (K5). */
  readonly id: string;
}

export type { Headers };

/** What is appended. `partition` is explicit: partitioning is the caller's (murmur2 of the key, see `base/partition.ts`). */
export interface OutputRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  readonly headers?: Headers;
}

/** What is read. Buffers are views of the fetched batch: copy what must outlive the call. */
export interface InputRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  readonly headers: Headers;
}

/** Records of one partition in offset order. `nextOffset` is the position after the batch, beyond markers and gaps. */
export interface RecordBatch extends TopicPartition {
  readonly records: readonly InputRecord[];
  readonly nextOffset: bigint;
}

export interface SourceOptions {
  readonly groupId: string;
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly isolation?: Isolation;
  /** Where to begin without a committed position. */
  readonly offsetReset: 'earliest' | 'latest';
  /** Opaque to the log, given to the assignor of the elected leader. Asked anew at every rebalance. */
  readonly userData?: () => Buffer;
  /** Runs on the leader. Default: partitions of equal number of all topics together, round robin over sorted members. */
  readonly assignor?: Assignor;
  /**
   * Awaited before the partitions are given to another member: commit and hand over here. They are not read from its call on; polls of what stays may go on
   * beside it.
   */
  readonly onRevoked: (partitions: readonly TopicPartition[]) => Promise<void>;
  /** Told after each rebalance. Lost partitions were never revoked in time: drop, do not commit (K7). */
  readonly onAssigned: (assignment: Assignment) => Promise<void>;
  readonly onLost?: (partitions: readonly TopicPartition[]) => Promise<void>;
}

export interface Assignment {
  readonly added: readonly TopicPartition[];
  readonly all: readonly TopicPartition[];
  readonly generation: number;
  /** What the assignor wrote for this member. */
  readonly userData: Buffer;
}

export interface GroupMember {
  readonly memberId: string;
  readonly userData: Buffer;
  readonly topics: readonly string[];
}

export type Assignor = (
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
) => ReadonlyMap<string, { readonly partitions: readonly TopicPartition[]; readonly userData: Buffer }>;

/** A group as its coordinator sees it. */
export interface GroupDescription {
  /** `rebalancing` while members are asked to give up and take partitions. */
  readonly state: 'empty' | 'rebalancing' | 'stable';
  readonly members: readonly AssignedMember[];
}

export interface AssignedMember {
  readonly memberId: string;
  /** Address from which it is connected; empty when it is in this process. */
  readonly host: string;
  readonly partitions: readonly TopicPartition[];
  /** What the assignor wrote for this member. */
  readonly userData: Buffer;
}

export interface GroupedSource {
  /** Waits up to `maxWaitMs` for input of assigned, unpaused partitions. May answer with nothing. Rebalance callbacks run inside it. */
  poll(options: { readonly maxWaitMs: number; readonly maxBytes?: number }): Promise<readonly RecordBatch[]>;
  /** `pause`, `resume` and `seek` hold until the partition is revoked. @throws {LOG_STALE_MEMBER} for one that is not assigned. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  seek(position: TopicPartitionOffset): void;
  assignment(): readonly TopicPartition[];
  /** Identity for `TransactionalSink.commit` and non-transactional commits. */
  membership(): GroupMembership;
  /** At-least-once commit. @throws {LOG_STALE_MEMBER} when another generation owns the partition. */
  commitOffsets(offsets: readonly OffsetCommit[]): Promise<void>;
  /** Asks for a rebalance, so that changed user data reaches the assignor. */
  requestRebalance(): void;
  close(): Promise<void>;
}

export interface GroupMembership {
  readonly groupId: string;
  readonly memberId: string;
  readonly generation: number;
}

export interface OffsetCommit extends TopicPartitionOffset {
  /** Commit id and whatever the task must find again (K2, K8). */
  readonly metadata?: string;
}

export interface SinkOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs?: number;
}

/**
 * One owner's transactions. Calls are sequential: `begin`, any number of `send`, then `commit` or `abort`.
 * Every call throws `LOG_FENCED` once a newer owner has initialised the id; the caller must stop and touch nothing else (K7).
 */
export interface TransactionalSink {
  begin(): void;
  /**
   * Buffers; nothing is promised before `commit` resolves, and the caller leaves keys and values as they are until then.
   * @throws {LOG_RECORD_TOO_LARGE} no record of this call is part of the transaction.
   */
  send(records: readonly OutputRecord[]): void;
  /**
   * Makes all sent records and the offsets visible at once, or none. @throws {LOG_UNKNOWN_OUTCOME} when the answer never came:
   * the caller must re-open the sink, which settles it, then read `committed` (K8).
   * @throws {LOG_STALE_MEMBER} nothing was committed; abort.
   */
  commit(offsets: readonly OffsetCommit[], membership: GroupMembership | undefined): Promise<void>;
  abort(): Promise<void>;
  close(): Promise<void>;
}

export interface Producer {
  /** Resolves when the records are durable, with the offset of each, in order. All records of a call and partition stand together. */
  send(records: readonly OutputRecord[]): Promise<readonly bigint[]>;
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly from: readonly TopicPartitionOffset[];
  readonly isolation?: Isolation;
}

export interface PartitionReader {
  /** Next batches, or nothing after `maxWaitMs` (0: only what is there). @throws {LOG_OFFSET_OUT_OF_RANGE} below the log start. */
  poll(options: { readonly maxWaitMs: number; readonly maxBytes?: number }): Promise<readonly RecordBatch[]>;
  /** Position after everything handed out, or skipped because it was a marker or aborted. */
  position(partition: TopicPartition): bigint;
  close(): Promise<void>;
}
