import type { BatchView } from '../../batch/batch-view.ts';
import { readBatches } from '../../batch/batch-view.ts';
import type { CompressionCodecs } from '../../batch/compression.ts';
import type { InputRecord, Isolation } from '../../log.ts';
import type { FetchedBytes } from '../requests/read-requests.ts';
import { CommittedFilter } from './committed-filter.ts';

export interface FetchedFor {
  readonly fromOffset: bigint;
  readonly isolation: Isolation;
  readonly codecs: CompressionCodecs;
}

/** What one fetch brought of one partition, taken apart piece by piece as it is asked for. */
export class FetchedPartition {
  readonly #batches: readonly BatchView[];
  readonly #filter: CommittedFilter;
  readonly #codecs: CompressionCodecs;
  #batchIndex = 0;
  #records: readonly InputRecord[] = [];
  #recordIndex = 0;
  #nextOffset: bigint;

  /** @throws {LOG_CORRUPT} */
  constructor(fetched: FetchedBytes, { fromOffset, isolation, codecs }: FetchedFor) {
    this.#batches = readBatches(fetched.records);
    this.#filter = new CommittedFilter(isolation, fetched.aborted);
    this.#codecs = codecs;
    this.#nextOffset = fromOffset;
  }

  /** Position after everything taken or passed over. */
  get nextOffset(): bigint {
    return this.#nextOffset;
  }

  get isExhausted(): boolean {
    return this.#recordIndex >= this.#records.length && this.#batchIndex >= this.#batches.length;
  }

  /** At least one record if there is any visible one, then more up to `maxBytes`. Goes on over what is invisible behind the last. */
  take(maxBytes: number): { readonly records: InputRecord[]; readonly byteCount: number } {
    const records: InputRecord[] = [];
    let byteCount = 0;
    for (;;) {
      const isFull = byteCount >= maxBytes && records.length > 0;
      const record = this.#records[this.#recordIndex];
      if (record !== undefined) {
        if (isFull) break;
        records.push(record);
        byteCount += (record.key?.length ?? 0) + (record.value?.length ?? 0);
        this.#recordIndex += 1;
        const isLast = this.#recordIndex >= this.#records.length;
        this.#nextOffset = isLast ? this.#endOfBatch() : record.offset + 1n;
      } else if (!this.#openNextBatch(isFull)) break;
    }
    return { records, byteCount };
  }

  /** False when there is none, or when it holds records and there is no room for them. */
  #openNextBatch(isFull: boolean): boolean {
    const batch = this.#batches[this.#batchIndex];
    if (batch === undefined) return false;
    const isBehind = batch.lastOffset < this.#nextOffset;
    const isVisible = this.#filter.accepts(batch) && !isBehind;
    if (isVisible && isFull) return false;
    this.#batchIndex += 1;
    this.#recordIndex = 0;
    this.#records = isVisible ? batch.records(this.#nextOffset, this.#codecs) : [];
    if (this.#records.length === 0 && !isBehind) this.#nextOffset = batch.lastOffset + 1n;
    return true;
  }

  #endOfBatch(): bigint {
    const batch = this.#batches[this.#batchIndex - 1];
    return batch === undefined ? this.#nextOffset : batch.lastOffset + 1n;
  }
}
