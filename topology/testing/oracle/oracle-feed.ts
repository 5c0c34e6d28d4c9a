import { setTimeout as delay } from 'node:timers/promises';
import type { Log, OutputRecord, PartitionReader, Producer } from '../../log/log.ts';
import type { OracleShape } from './oracle-input.ts';
import { oracleInput, partitionOf, recordCountOf } from './oracle-input.ts';
import { numberedSerde, oracleTopics, oracleTopicSpecs } from './oracle-topology.ts';

const sendCount = 1_000;

export interface FeedOptions {
  /** Pause after each thousand records, so that the program works while it is disturbed. Default none. */
  readonly pauseMs?: number;
}

/** Creates the topics and writes the whole input. */
export async function feedOracle(log: Log, shape: OracleShape, { pauseMs = 0 }: FeedOptions = {}): Promise<void> {
  await log.createTopics(oracleTopicSpecs(shape));
  const feeder = new OracleFeeder(log, shape);
  for (let count = 0; count < recordCountOf(shape); count += sendCount) {
    await feeder.feedTo(count + sendCount);
    if (pauseMs > 0) await delay(pauseMs);
  }
  await feeder.close();
}

/**
 * Writes the input piece by piece, in order. Its producer is at-least-once: an outage of the log must be shorter than that one's patience, or records are
 * written twice, which the check then says of the input itself.
 */
export class OracleFeeder {
  readonly #log: Log;
  readonly #shape: OracleShape;
  #producer: Producer | undefined;
  #writtenCount = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(log: Log, shape: OracleShape) {
    this.#log = log;
    this.#shape = shape;
  }

  /** Resolves when the first `count` records are written; calls wait for each other. */
  feedTo(count: number): Promise<void> {
    this.#writing = this.#writing.then(() => this.#feedTo(Math.min(count, recordCountOf(this.#shape))));
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#producer?.close();
  }

  async #feedTo(count: number): Promise<void> {
    const { numbers } = oracleTopics(this.#shape);
    this.#producer ??= await this.#log.openProducer();
    while (this.#writtenCount < count) {
      const untilCount = Math.min(this.#writtenCount + sendCount, count);
      const records: OutputRecord[] = [];
      for (let index = this.#writtenCount; index < untilCount; index += 1) {
        const { key, value, timestampMs } = oracleInput(index, this.#shape);
        const keyBytes = Buffer.from(key);
        const partition = partitionOf(key, this.#shape);
        records.push({ topic: numbers, partition, key: keyBytes, value: numberedSerde.serialize(value, keyBytes), timestampMs });
      }
      await this.#producer.send(records);
      this.#writtenCount = untilCount;
    }
  }
}

/** Counts what has come out at the end. */
export class OracleProgress {
  readonly #log: Log;
  readonly #shape: OracleShape;
  #reader: PartitionReader | undefined;
  #count = 0;

  constructor(log: Log, shape: OracleShape) {
    this.#log = log;
    this.#shape = shape;
  }

  /** Committed records of the last topic so far. Waits up to `maxWaitMs` for more. */
  async count(maxWaitMs: number): Promise<number> {
    const { groupTotals } = oracleTopics(this.#shape);
    const from = Array.from({ length: this.#shape.partitionCount }, (_, partition) => ({ topic: groupTotals, partition, nextOffset: 0n }));
    this.#reader ??= await this.#log.openReader({ from, isolation: 'read_committed' });
    const batches = await this.#reader.poll({ maxWaitMs });
    this.#count += batches.reduce((sum, { records }) => sum + records.length, 0);
    return this.#count;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }
}

/** Waits until as many records have come out at the end as went in, however slow the machine is. @throws {Error} when none has come out for `stillMs`. */
export async function oracleDone(log: Log, shape: OracleShape, stillMs: number): Promise<void> {
  const progress = new OracleProgress(log, shape);
  let grewAtMs = performance.now();
  for (let count = 0; count < recordCountOf(shape);) {
    const before = count;
    count = await progress.count(100);
    if (count > before) grewAtMs = performance.now();
    else if (performance.now() - grewAtMs > stillMs) {
      throw new Error(
        `the oracle program has ${count} of ${recordCountOf(shape)} records out, and none more for ${Math.round(stillMs)} ms`,
      );
    }
  }
  await progress.close();
}
