import { BatchView } from '../batch/batch-view.ts';
import type { InputRecord, PartitionRange, TopicPartition } from '../log.ts';
import type { ReadRequest, ReadResult } from '../local/local-storage.ts';
import { offsetOutOfRange } from '../local/log-errors.ts';
import { partitionKey } from '../local/partition-key.ts';
import type { PartitionHead } from './partition-head.ts';
import { decodeHead, emptyHead } from './partition-head.ts';
import type { Rocks } from './rocks.ts';
import type { PartitionAddress } from './storage-keys.ts';
import { batchesEnd, batchesFrom, kind, lastOffsetOf, partitionPrefix } from './storage-keys.ts';
import type { Tail, TailCache } from './tail-cache.ts';

/**
 * One partition of the embedded log: its offsets in memory, its batches in RocksDB, the newest of them in the tail cache. Everything in the
 * log is committed, so both isolations read the same. Offsets move only after the write that they describe (`appended`, `moveHead`).
 */
export class EmbeddedPartition {
  readonly at: TopicPartition;
  readonly address: PartitionAddress;
  /** The name that waiting polls are woken by. */
  readonly key: string;
  /** Batches before it have been removed; unknown until the first maintenance after an open. */
  garbageEndOffset: bigint | undefined;
  /** Bytes of all stored batches; unknown until retention has counted them, and after a compaction. */
  storedBytes: number | undefined;
  readonly #rocks: Rocks;
  readonly #cache: TailCache;
  readonly #tail: Tail;
  #head: PartitionHead;
  #nextOffset: bigint;
  #isDeleted = false;

  constructor(at: TopicPartition, address: PartitionAddress, storage: { readonly rocks: Rocks; readonly cache: TailCache }) {
    this.at = at;
    this.address = address;
    this.key = partitionKey(at);
    this.#rocks = storage.rocks;
    this.#cache = storage.cache;
    const stored = storage.rocks.get(partitionPrefix(kind.head, address));
    this.#head = stored === undefined ? emptyHead : decodeHead(stored);
    this.#nextOffset = this.#endOfBatches();
    this.#tail = { batches: [], firstOffset: this.#nextOffset };
  }

  get startOffset(): bigint {
    return this.#head.startOffset;
  }

  get nextOffset(): bigint {
    return this.#nextOffset;
  }

  get head(): PartitionHead {
    return { ...this.#head, nextOffset: this.#nextOffset };
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  range(): PartitionRange {
    return { ...this.at, startOffset: this.#head.startOffset, nextOffset: this.#nextOffset };
  }

  /** Told after the batch is in RocksDB. */
  appended(batch: BatchView): void {
    this.#nextOffset = batch.lastOffset + 1n;
    if (this.storedBytes !== undefined) this.storedBytes += batch.bytes.length;
    this.#cache.add(this.#tail, batch);
  }

  /** Told after the new head is in RocksDB. */
  moveHead(head: PartitionHead): void {
    this.#head = head;
  }

  /** Told when batches were replaced in RocksDB. */
  forgetTail(): void {
    this.#cache.clear(this.#tail);
  }

  markDeleted(): void {
    this.#isDeleted = true;
    this.forgetTail();
  }

  /** @throws {LOG_OFFSET_OUT_OF_RANGE} */
  checkRange(offset: bigint): void {
    const { startOffset } = this.#head;
    if (offset >= startOffset && offset <= this.#nextOffset) return;
    throw offsetOutOfRange({ ...this.at, fromOffset: offset, startOffset, nextOffset: this.#nextOffset });
  }

  read({ fromOffset, maxBytes }: ReadRequest): ReadResult {
    this.checkRange(fromOffset);
    if (fromOffset === this.#nextOffset) return { records: [], nextOffset: fromOffset, byteCount: 0 };
    return fromOffset >= this.#tail.firstOffset ? this.#readTail(fromOffset, maxBytes) : this.#readStorage(fromOffset, maxBytes);
  }

  #readTail(fromOffset: bigint, maxBytes: number): ReadResult {
    const { batches } = this.#tail;
    const views: BatchView[] = [];
    let byteCount = 0;
    for (let index = indexOfOffset(batches, fromOffset); index < batches.length && byteCount < maxBytes; index++) {
      const batch = batches[index];
      if (batch === undefined) break;
      views.push(batch);
      byteCount += batch.bytes.length;
    }
    return this.#decode(views, fromOffset);
  }

  #readStorage(fromOffset: bigint, maxBytes: number): ReadResult {
    const rows = this.#rocks.scan({ gte: batchesFrom(this.address, fromOffset), lt: batchesEnd(this.address), maxBytes });
    return this.#decode(
      rows.map((row) => new BatchView(row.value)),
      fromOffset,
    );
  }

  /** No batch means that compaction left nothing from here to the end. */
  #decode(batches: readonly BatchView[], fromOffset: bigint): ReadResult {
    const last = batches.at(-1);
    if (last === undefined) return { records: [], nextOffset: this.#nextOffset, byteCount: 0 };
    let byteCount = 0;
    let records: InputRecord[] | undefined;
    for (const batch of batches) {
      byteCount += batch.bytes.length;
      const decoded = batch.baseOffset >= fromOffset ? batch.records() : batch.records(fromOffset);
      if (records === undefined) records = decoded;
      else for (const record of decoded) records.push(record);
    }
    return { records: records ?? [], nextOffset: last.lastOffset + 1n, byteCount };
  }

  #endOfBatches(): bigint {
    const [last] = this.#rocks.scan({
      gte: batchesFrom(this.address, 0n),
      lt: batchesEnd(this.address),
      reverse: true,
      limit: 1,
      keysOnly: true,
    });
    const afterLast = last === undefined ? 0n : lastOffsetOf(last.key) + 1n;
    return afterLast > this.#head.nextOffset ? afterLast : this.#head.nextOffset;
  }
}

/** Index of the batch that holds `offset`, by bisection: batches are in order and without gaps. */
function indexOfOffset(batches: readonly BatchView[], offset: bigint): number {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((batches[middle]?.lastOffset ?? offset) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
