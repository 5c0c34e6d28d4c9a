import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ErrorCode } from '../../base/error-codes.ts';
import { hasCode } from '../../base/errors.ts';
import type {
  Assignment,
  GroupedSource,
  InputRecord,
  Isolation,
  Log,
  OutputRecord,
  PartitionReader,
  RecordBatch,
  SourceOptions,
  TopicPartition,
} from '../log.ts';

/** A log that the contract suite may do anything to. It is closed by whoever made it, after the test. */
export interface LogUnderTest {
  readonly log: Log;
  readonly maxRecordBytes: number;
  /** Moves the log's clock on; a log that goes by the machine's clock waits. */
  advanceMs(byMs: number): Promise<void> | void;
  /** Runs retention and compaction to the end. Left out where a broker runs them when it likes: what needs it is skipped there. */
  maintain?(): Promise<void>;
  /** Ends a membership as a session timeout would. */
  evictMember(groupId: string, memberId: string): Promise<void> | void;
  /** Runs of the property test, where each is slow. Default 60. */
  readonly historyRunCount?: number;
}

export type OpenLogUnderTest = (t: TestContext) => Promise<LogUnderTest>;

export const now = { maxWaitMs: 0 } as const;
/** Longer than any test: only a wake-up ends this wait. */
export const untilWoken = { maxWaitMs: 3_600_000 } as const;

/** Lets everything that was started come to its first wait. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function text(record: InputRecord | undefined): string | undefined {
  return record?.value?.toString('utf8');
}

export interface RecordSketch {
  readonly topic?: string;
  readonly partition?: number;
  readonly key?: string | null;
  readonly timestampMs?: number;
}

/** A record of topic `events`, partition 0, unless said otherwise. */
export function output(
  value: string | null,
  { topic = 'events', partition = 0, key = null, timestampMs = 1 }: RecordSketch = {},
): OutputRecord {
  return { topic, partition, key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value), timestampMs };
}

export function texts(batches: readonly RecordBatch[]): readonly (string | undefined)[] {
  return batches.flatMap((batch) => batch.records.map(text));
}

/** For comparing what came in no particular order. */
export function sorted(values: readonly (string | undefined)[]): readonly (string | undefined)[] {
  return [...values].sort((a = '', b = '') => (a < b ? -1 : 1));
}

/** Everything readable in a partition at this moment, from its start or from `fromOffset`. */
export async function readAll(
  log: Log,
  at: TopicPartition,
  options: { readonly isolation?: Isolation; readonly fromOffset?: bigint } = {},
): Promise<InputRecord[]> {
  const isolation = options.isolation ?? 'read_committed';
  const [range] = await log.offsets([at], isolation);
  assert(range !== undefined);
  const nextOffset = options.fromOffset ?? range.startOffset;
  const reader = await log.openReader({ from: [{ ...at, nextOffset }], isolation });
  const records = await drain(reader, at);
  await reader.close();
  return records;
}

/** Polls until nothing comes any more. */
export async function drain(reader: PartitionReader, at: TopicPartition): Promise<InputRecord[]> {
  const records: InputRecord[] = [];
  for (;;) {
    const before = reader.position(at);
    const batches = await reader.poll(now);
    for (const batch of batches) records.push(...batch.records);
    if (batches.length === 0 && reader.position(at) === before) return records;
  }
}

export async function readTexts(log: Log, at: TopicPartition): Promise<readonly (string | undefined)[]> {
  return (await readAll(log, at)).map(text);
}

/** Appends without a transaction. */
export async function produce(log: Log, records: readonly OutputRecord[]): Promise<readonly bigint[]> {
  const producer = await log.openProducer();
  const offsets = await producer.send(records);
  await producer.close();
  return offsets;
}

export async function rejectsWith(code: ErrorCode, call: () => unknown): Promise<void> {
  await assert.rejects(
    async () => call(),
    (error) => hasCode(error, code) || assert.fail(`wanted ${code}, got ${String(error)}`),
  );
}

/** A member that writes down what happens to it. */
export interface Member {
  readonly source: GroupedSource;
  readonly assignments: readonly Assignment[];
  readonly revoked: readonly (readonly TopicPartition[])[];
  readonly lost: readonly (readonly TopicPartition[])[];
}

export async function joinGroup(log: Log, memberId: string, options: Partial<SourceOptions> = {}): Promise<Member> {
  const assignments: Assignment[] = [];
  const revoked: (readonly TopicPartition[])[] = [];
  const lost: (readonly TopicPartition[])[] = [];
  const source = await log.openSource({
    groupId: 'group',
    memberId,
    topics: ['events'],
    offsetReset: 'earliest',
    onRevoked: async (partitions) => void revoked.push(partitions),
    onAssigned: async (assignment) => void assignments.push(assignment),
    onLost: async (partitions) => void lost.push(partitions),
    ...options,
  });
  return { source, assignments, revoked, lost };
}

/** Lets every member poll in turn until the group has come to rest. */
export async function settle(...members: readonly Member[]): Promise<void> {
  for (let round = 0; round < 4; round++) for (const { source } of members) await source.poll({ ...now, maxBytes: 1 });
}

/** `maintain`, or none after the test was marked as skipped with the reason. */
export function maintenanceOf({ maintain }: LogUnderTest, t: TestContext): (() => Promise<void>) | undefined {
  if (maintain === undefined) t.skip('the broker runs retention and compaction when it likes, so their moment cannot be tested');
  return maintain;
}

export function partitionNumbers(source: GroupedSource): readonly number[] {
  return source
    .assignment()
    .map((at) => at.partition)
    .sort((a, b) => a - b);
}

export const first: TopicPartition = { topic: 'events', partition: 0 };
export const second: TopicPartition = { topic: 'events', partition: 1 };
