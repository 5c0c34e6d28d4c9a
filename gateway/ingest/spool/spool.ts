import { StepwrightError } from '../../../topology/base/errors.ts';
import type { InputRecord, Log, OutputRecord, PartitionReader, Producer } from '../../../topology/log/log.ts';
import { fromSpooled, spooledBytes, toSpooled } from './spooled-record.ts';

/** What goes to the log at once. */
const batchBytes = 1 << 20;
const at = { topic: 'spool.v1', partition: 0 };

export interface SpoolOptions {
  /** A log of this process alone whose appends are on the disk when they are answered (`sync: always`). Not closed here. */
  readonly log: Log;
  /** Of what stands in it; above it nothing is taken. */
  readonly maxBytes: number;
}

/** Consecutive records, oldest first. */
export interface SpooledBatch {
  readonly records: readonly OutputRecord[];
  readonly nextOffset: bigint;
  readonly sizeBytes: number;
}

/**
 * A bounded queue on the disk for records that the real log cannot take now: one partition of a local log. It holds what the real log would have got, sealed,
 * and nothing else.
 *
 * - Q1: `append` resolves after the records would survive a power cut; after a kill they are all there, in the order of their appends.
 * - Q2: a batch leaves with `drop` and not before: a kill in between hands it out again.
 */
export class Spool {
  readonly #log: Log;
  readonly #producer: Producer;
  readonly #maxBytes: number;
  #reader: PartitionReader | undefined;
  #sizeBytes: number;
  #head: SpooledBatch | undefined;
  #nextOffset: bigint;

  private constructor(options: SpoolOptions, producer: Producer, standing: { readonly sizeBytes: number; readonly startOffset: bigint }) {
    this.#log = options.log;
    this.#maxBytes = options.maxBytes;
    this.#producer = producer;
    this.#sizeBytes = standing.sizeBytes;
    this.#nextOffset = standing.startOffset;
  }

  /** Opens it with what an earlier process left, and hands each of those records to `onStanding`, oldest first. @throws what the local log throws. */
  static async open(options: SpoolOptions, onStanding: (record: OutputRecord) => void): Promise<Spool> {
    const { log } = options;
    await log.createTopics([{ name: at.topic, partitionCount: 1 }]);
    const [range] = await log.offsets([at], 'read_committed');
    const startOffset = range?.startOffset ?? 0n;
    let sizeBytes = 0;
    const reader = await log.openReader({ from: [{ ...at, nextOffset: startOffset }] });
    try {
      while (reader.position(at) < (range?.nextOffset ?? 0n)) {
        for (const { records } of await reader.poll({ maxWaitMs: 0 })) {
          for (const record of records) {
            sizeBytes += spooledBytes(record);
            onStanding(fromSpooled(record));
          }
        }
      }
    } finally {
      await reader.close();
    }
    return new Spool(options, await log.openProducer(), { sizeBytes, startOffset });
  }

  /** What stands in it or is being appended. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  get isEmpty(): boolean {
    return this.#sizeBytes === 0;
  }

  /** Q1. @throws {SPOOL_FULL} when they do not fit; {LOG_DISK_FULL}. Nothing was taken then. */
  async append(records: readonly OutputRecord[]): Promise<void> {
    const spooled = records.map(toSpooled);
    const addedBytes = spooled.reduce((sum, record) => sum + spooledBytes(record), 0);
    if (this.#sizeBytes + addedBytes > this.#maxBytes) {
      const message = `the log is away and the spool holds ${this.#sizeBytes} of ${this.#maxBytes} bytes: nothing was taken`;
      throw new StepwrightError('SPOOL_FULL', message, { disposition: 'retry' });
    }
    // Counted before it is durable, so that appends side by side keep the bound and nobody takes it for empty meanwhile.
    this.#sizeBytes += addedBytes;
    try {
      await this.#producer.send(spooled);
      await this.#log.sync();
    } catch (error) {
      this.#sizeBytes -= addedBytes;
      throw error;
    }
  }

  /** The oldest records, the same until they are dropped; undefined when none is durable yet. */
  async head(): Promise<SpooledBatch | undefined> {
    this.#head ??= await this.#readHead();
    return this.#head;
  }

  /** Q2: gives the space of the batch from `head` free. */
  async drop({ nextOffset, sizeBytes }: SpooledBatch): Promise<void> {
    await this.#log.deleteRecords([{ ...at, nextOffset }]);
    this.#nextOffset = nextOffset;
    this.#sizeBytes -= sizeBytes;
    this.#head = undefined;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    await this.#producer.close();
  }

  async #readHead(): Promise<SpooledBatch | undefined> {
    this.#reader ??= await this.#log.openReader({ from: [{ ...at, nextOffset: this.#nextOffset }] });
    const batches = await this.#reader.poll({ maxWaitMs: 0, maxBytes: batchBytes });
    const records = batches.flatMap((batch) => batch.records);
    const nextOffset = batches.at(-1)?.nextOffset;
    return nextOffset === undefined || records.length === 0 ? undefined : spooledBatch(records, nextOffset);
  }
}

function spooledBatch(records: readonly InputRecord[], nextOffset: bigint): SpooledBatch {
  return { records: records.map(fromSpooled), nextOffset, sizeBytes: records.reduce((sum, record) => sum + spooledBytes(record), 0) };
}
