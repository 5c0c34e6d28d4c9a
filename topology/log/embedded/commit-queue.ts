import { BytePages } from '../../base/byte-pages.ts';
import { StepwrightError } from '../../base/errors.ts';
import { BatchView } from '../batch/batch-view.ts';
import { encodeBatch } from '../batch/encode-batch.ts';
import { unknownTopic } from '../local/log-errors.ts';
import type { OffsetCommit, OutputRecord } from '../log.ts';
import type { EmbeddedOffsets } from './embedded-offsets.ts';
import type { EmbeddedPartition } from './embedded-partition.ts';
import type { Rocks } from './rocks.ts';
import { batchKey } from './storage-keys.ts';
import type { TopicCatalog } from './topic-catalog.ts';

/** Records by partition, in the order they were sent. */
export type RecordsByPartition = ReadonlyMap<EmbeddedPartition, readonly OutputRecord[]>;

export interface Append {
  /** Runs in the same turn as the write, so nothing changes between the two. Throws to refuse: nothing of this append is written. */
  readonly check: () => void;
  readonly records: RecordsByPartition;
  readonly offsets?: { readonly groupId: string; readonly commits: readonly OffsetCommit[] };
}

/** First offset that an append was given in each of its partitions. */
export type BaseOffsets = ReadonlyMap<EmbeddedPartition, bigint>;

interface Waiting extends Append {
  readonly resolve: (bases: BaseOffsets) => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitQueueDeps {
  readonly rocks: Rocks;
  readonly topics: TopicCatalog;
  readonly offsets: EmbeddedOffsets;
  readonly nowMs: () => number;
  readonly wake: (partition: EmbeddedPartition) => void;
  /** Awaited before callers are answered. Resolves at once unless every commit must survive a power loss. */
  readonly harden: () => Promise<void>;
  /** @throws {LOG_DISK_FULL} */
  readonly checkSpace: () => void;
}

/** A batch is handed to readers whole, so a large transaction is cut into batches of about this size (still one atomic write). */
const targetBatchBytes = 524_288;
const recordOverheadBytes = 24;

/**
 * The only writer of records and positions. Appends that arrive in one turn of the event loop share one RocksDB write (group commit), and
 * their records of one partition share one record batch.
 *
 * Invariants:
 * - an append is written whole or not at all: one RocksDB WriteBatch holds all of its batches and positions;
 * - checks (owner, membership) and the write happen in one turn, so a fenced owner cannot slip in between;
 * - offsets in memory move after the write, so a failed write leaves no trace.
 */
export class CommitQueue {
  readonly #deps: CommitQueueDeps;
  /** Of the batches, which the tail cache keeps. */
  readonly #pages = new BytePages();
  #waiting: Waiting[] = [];

  constructor(deps: CommitQueueDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when the append is in the log. @throws what `check` threw, or {LOG_DISK_FULL} {LOG_CORRUPT} with nothing
   * written, or {LOG_UNKNOWN_OUTCOME} when it was written and `harden` failed.
   */
  append(append: Append): Promise<BaseOffsets> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => void this.#flush());
      this.#waiting.push({ ...append, resolve, reject });
    });
  }

  async #flush(): Promise<void> {
    const recovery = await this.#deps.rocks.recover().catch((error: unknown) => ({ error }));
    const waiting = this.#waiting;
    this.#waiting = [];
    if (recovery !== undefined) return waiting.forEach((append) => append.reject(recovery.error));
    const accepted: Waiting[] = [];
    for (const append of waiting) {
      try {
        append.check();
        this.#checkTargets(append);
        accepted.push(append);
      } catch (error) {
        append.reject(error);
      }
    }
    if (accepted.length === 0) return;
    try {
      const bases = this.#write(accepted);
      await this.#harden();
      accepted.forEach((append, index) => append.resolve(bases[index] ?? new Map()));
    } catch (error) {
      for (const append of accepted) append.reject(error);
    }
  }

  /** The records stand and are visible by now; whether they would survive a power loss is what a failure leaves open (K8). */
  async #harden(): Promise<void> {
    try {
      await this.#deps.harden();
    } catch (error) {
      const message = 'the transaction was written, but the disk did not confirm it; stop, check the disk and open the log again';
      throw new StepwrightError('LOG_UNKNOWN_OUTCOME', message, { disposition: 'rebuild-task', cause: error });
    }
  }

  /** Topics may have been deleted since the records were sent. @throws {LOG_TOPIC_UNKNOWN} */
  #checkTargets({ records, offsets }: Append): void {
    for (const partition of records.keys()) if (partition.isDeleted) throw unknownTopic(partition.at);
    for (const commit of offsets?.commits ?? []) this.#deps.topics.partition(commit);
  }

  #write(accepted: readonly Waiting[]): readonly BaseOffsets[] {
    this.#deps.checkSpace();
    const nowMs = this.#deps.nowMs();
    const { merged, bases } = mergeByPartition(accepted);
    const batches = new Map<EmbeddedPartition, readonly Buffer[]>();
    for (const [partition, records] of merged) batches.set(partition, this.#encode(records, partition.nextOffset));
    this.#deps.rocks.write((write) => {
      for (const [partition, encoded] of batches) {
        for (const bytes of encoded) write.put(batchKey(partition.address, new BatchView(bytes).lastOffset, nowMs), bytes);
      }
      for (const { offsets } of accepted) if (offsets !== undefined) this.#deps.offsets.put(write, offsets.groupId, offsets.commits);
    });
    for (const [partition, encoded] of batches) {
      for (const bytes of encoded) partition.appended(new BatchView(bytes));
      this.#deps.wake(partition);
    }
    for (const { offsets } of accepted) if (offsets !== undefined) this.#deps.offsets.stored(offsets.groupId, offsets.commits);
    return bases;
  }

  /** RocksDB checks the bytes of its WAL and its blocks, so the batch's own checksum is left out. */
  #encode(records: readonly OutputRecord[], firstOffset: bigint): readonly Buffer[] {
    const batches: Buffer[] = [];
    const allocate = (byteCount: number): Buffer => this.#pages.take(byteCount);
    let start = 0;
    while (start < records.length) {
      const end = endOfBatch(records, start);
      const slice = start === 0 && end === records.length ? records : records.slice(start, end);
      batches.push(encodeBatch(slice, { baseOffset: firstOffset + BigInt(start), hasChecksum: false, allocate }));
      start = end;
    }
    return batches;
  }
}

interface Merged {
  readonly merged: RecordsByPartition;
  readonly bases: readonly BaseOffsets[];
}

function mergeByPartition(appends: readonly Append[]): Merged {
  const [only] = appends;
  if (appends.length === 1 && only !== undefined) return { merged: only.records, bases: [basesOf(only.records, new Map())] };
  const merged = new Map<EmbeddedPartition, OutputRecord[]>();
  const bases = appends.map(({ records }) => {
    const own = basesOf(records, merged);
    for (const [partition, added] of records) {
      const all = merged.get(partition);
      if (all === undefined) merged.set(partition, [...added]);
      else for (const record of added) all.push(record);
    }
    return own;
  });
  return { merged, bases };
}

/** Where records begin that follow those `before` them in the same write. */
function basesOf(records: RecordsByPartition, before: RecordsByPartition): BaseOffsets {
  const bases = new Map<EmbeddedPartition, bigint>();
  for (const partition of records.keys()) bases.set(partition, partition.nextOffset + BigInt(before.get(partition)?.length ?? 0));
  return bases;
}

function endOfBatch(records: readonly OutputRecord[], start: number): number {
  let byteCount = 0;
  let end = start;
  for (; end < records.length && byteCount < targetBatchBytes; end++) {
    const record = records[end];
    byteCount += (record?.key?.length ?? 0) + (record?.value?.length ?? 0) + recordOverheadBytes;
  }
  return end;
}
