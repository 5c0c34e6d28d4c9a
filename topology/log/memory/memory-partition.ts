import type { InputRecord, Isolation, OutputRecord, PartitionRange, TopicDescription, TopicPartition } from '../log.ts';
import type { ReadRequest, ReadResult } from '../local/local-storage.ts';
import { offsetOutOfRange } from '../local/log-errors.ts';
import { recordBytes } from '../local/record-bytes.ts';
import { keysToKeep } from './memory-compaction.ts';
import type { MemoryEntry, MemoryTransaction } from './memory-entry.ts';

const noHeaders: InputRecord['headers'] = [];
const markerBytes = 1;

/**
 * One partition in memory, laid out as Kafka's: a transaction's records are appended at once, a marker at its end takes an offset too,
 * and read-committed readers stop before the first record of the oldest open transaction.
 */
export class MemoryPartition {
  readonly at: TopicPartition;
  readonly #openFirstOffsets = new Map<MemoryTransaction, bigint>();
  #entries: MemoryEntry[] = [];
  #startOffset = 0n;
  #nextOffset = 0n;

  constructor(at: TopicPartition) {
    this.at = at;
  }

  append(output: OutputRecord, transaction: MemoryTransaction | undefined, nowMs: number): bigint {
    const offset = this.#nextOffset;
    const { timestampMs } = output;
    const headers = output.headers?.map(([name, bytes]) => [name, Buffer.from(bytes)] as const) ?? noHeaders;
    const key = copy(output.key);
    const value = copy(output.value);
    const record: InputRecord = { offset, key, value, timestampMs, headers };
    if (transaction !== undefined && !this.#openFirstOffsets.has(transaction)) this.#openFirstOffsets.set(transaction, offset);
    this.#push({ offset, record, transaction, appendedAtMs: nowMs, byteCount: recordBytes(output) });
    return offset;
  }

  /** Writes the marker that ends `transaction` here. */
  endTransaction(transaction: MemoryTransaction, nowMs: number): void {
    this.#openFirstOffsets.delete(transaction);
    this.#push({ offset: this.#nextOffset, record: undefined, transaction, appendedAtMs: nowMs, byteCount: markerBytes });
  }

  range(isolation: Isolation): PartitionRange {
    return { ...this.at, startOffset: this.#startOffset, nextOffset: this.#endOffset(isolation) };
  }

  read(request: ReadRequest): ReadResult {
    const { fromOffset, maxBytes, isolation } = request;
    if (fromOffset < this.#startOffset || fromOffset > this.#nextOffset) {
      throw offsetOutOfRange({ ...this.at, fromOffset, startOffset: this.#startOffset, nextOffset: this.#nextOffset });
    }
    const end = this.#endOffset(isolation);
    const records: InputRecord[] = [];
    let byteCount = 0;
    for (let index = this.#indexOf(fromOffset); index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry === undefined || entry.offset >= end) break;
      if (entry.record === undefined || !isVisible(entry, isolation)) continue;
      if (byteCount >= maxBytes) return { records, nextOffset: entry.offset, byteCount };
      records.push(entry.record);
      byteCount += entry.byteCount;
    }
    return { records, nextOffset: end > fromOffset ? end : fromOffset, byteCount };
  }

  deleteBefore(beforeOffset: bigint): void {
    if (beforeOffset > this.#nextOffset) {
      const { at } = this;
      throw offsetOutOfRange({ ...at, fromOffset: beforeOffset, startOffset: this.#startOffset, nextOffset: this.#nextOffset });
    }
    if (beforeOffset <= this.#startOffset) return;
    this.#entries.splice(0, this.#indexOf(beforeOffset));
    this.#startOffset = beforeOffset;
  }

  /** Deletes from the start what is too old or too much, never what an open transaction holds. Ages are those of the append. */
  applyRetention(topic: TopicDescription, nowMs: number): void {
    const stable = this.#endOffset('read_committed');
    let excessBytes = topic.retentionBytes < 0 ? 0 : this.#entries.reduce((sum, entry) => sum + entry.byteCount, 0) - topic.retentionBytes;
    let keepFrom = this.#startOffset;
    for (const entry of this.#entries) {
      const isOld = topic.retentionMs >= 0 && entry.appendedAtMs < nowMs - topic.retentionMs;
      if (entry.offset >= stable || !(isOld || excessBytes > 0)) break;
      excessBytes -= entry.byteCount;
      keepFrom = entry.offset + 1n;
    }
    this.deleteBefore(keepFrom);
  }

  /** Keeps the last committed record a key, and tombstones for their time. Offsets stay as they are, so gaps appear. */
  compact(topic: TopicDescription, nowMs: number): void {
    const stable = this.#endOffset('read_committed');
    const keep = keysToKeep(this.#entries, { stableOffset: stable, tombstonesSinceMs: nowMs - topic.tombstoneRetentionMs });
    this.#entries = this.#entries.filter((entry) => entry.offset >= stable || keep.has(entry.offset));
  }

  #push(entry: MemoryEntry): void {
    this.#entries.push(entry);
    this.#nextOffset += 1n;
  }

  #endOffset(isolation: Isolation): bigint {
    let end = this.#nextOffset;
    if (isolation === 'read_uncommitted') return end;
    for (const first of this.#openFirstOffsets.values()) if (first < end) end = first;
    return end;
  }

  /** Index of the first entry at or after `offset`. */
  #indexOf(offset: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.offset ?? offset) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isVisible(entry: MemoryEntry, isolation: Isolation): boolean {
  return isolation === 'read_uncommitted' || entry.transaction === undefined || entry.transaction.state === 'committed';
}

/** The caller may reuse its buffer after `send`, as it may with the other logs. */
function copy(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
