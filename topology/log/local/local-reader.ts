import type { PartitionReader, ReaderOptions, RecordBatch, TopicPartition } from '../log.ts';
import { createCursor, positionIn, type Cursor } from './cursor.ts';
import { defaultMaxBytes, FetchPlan } from './fetch-plan.ts';
import type { LocalStorage } from './local-storage.ts';
import { logClosed } from './log-errors.ts';
import type { WakeSignals } from './wake-signals.ts';

export interface LocalReaderDeps {
  readonly storage: LocalStorage;
  readonly signals: WakeSignals;
  /** Told at `close`, so that the log forgets this reader. */
  readonly onClose: (reader: LocalReader) => void;
}

/** Reads partitions of an in-process log without a group. */
export class LocalReader implements PartitionReader {
  readonly #signals: WakeSignals;
  readonly #plan: FetchPlan;
  readonly #cursors: readonly Cursor[];
  readonly #onClose: (reader: LocalReader) => void;
  #isClosed = false;

  constructor(deps: LocalReaderDeps, options: ReaderOptions) {
    this.#signals = deps.signals;
    this.#onClose = deps.onClose;
    this.#plan = new FetchPlan(deps.storage, options.isolation ?? 'read_committed');
    this.#cursors = options.from.map((at) => createCursor(at, at.nextOffset));
  }

  async poll(options: { readonly maxWaitMs: number; readonly maxBytes?: number }): Promise<readonly RecordBatch[]> {
    const maxBytes = options.maxBytes ?? defaultMaxBytes;
    const batches = this.#fetch(maxBytes);
    if (batches.length > 0 || options.maxWaitMs <= 0) return batches;
    await this.#signals.wait(this.#names(), options.maxWaitMs);
    return this.#isClosed ? [] : this.#fetch(maxBytes);
  }

  position(partition: TopicPartition): bigint {
    return positionIn(this.#cursors, partition);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const name of this.#names()) this.#signals.wake(name);
    this.#onClose(this);
    return Promise.resolve();
  }

  #fetch(maxBytes: number): readonly RecordBatch[] {
    if (this.#isClosed) throw logClosed('this reader');
    return this.#plan.fetch(this.#cursors, maxBytes);
  }

  #names(): readonly string[] {
    return this.#cursors.map((cursor) => cursor.key);
  }
}
