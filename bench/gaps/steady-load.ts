import { setTimeout as delay } from 'node:timers/promises';
import type { Log, PartitionReader } from '../../topology/log/log.ts';
import type { OracleShape } from '../../topology/testing/oracle/oracle-input.ts';
import { oracleInput, partitionOf } from '../../topology/testing/oracle/oracle-input.ts';
import { numberedSerde, oracleTopics } from '../../topology/testing/oracle/oracle-topology.ts';
import { OutputGaps } from './output-gaps.ts';

/** Short against the commit interval, so that input is never what is missing. */
const feedEveryMs = 10;

/** The same number of records a second for as long as it runs, in order, each written once. */
export class SteadyFeed {
  readonly #log: Log;
  readonly #shape: OracleShape;
  readonly #recordsPerSec: number;
  readonly #sentByPartition = new Map<number, number>();
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(log: Log, shape: OracleShape, recordsPerSec: number) {
    this.#log = log;
    this.#shape = shape;
    this.#recordsPerSec = recordsPerSec;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Records that each input partition has got. */
  async stop(): Promise<ReadonlyMap<number, number>> {
    this.#isStopping = true;
    await this.#running;
    return this.#sentByPartition;
  }

  async #run(): Promise<void> {
    const producer = await this.#log.openProducer();
    const startedAtMs = performance.now();
    let index = 0;
    while (!this.#isStopping) {
      const dueCount = Math.floor(((performance.now() - startedAtMs) / 1_000) * this.#recordsPerSec);
      const records = Array.from({ length: dueCount - index }, (_, place) => this.#record(index + place));
      if (records.length > 0) await producer.send(records);
      index = Math.max(index, dueCount);
      await delay(feedEveryMs);
    }
    await producer.close();
  }

  #record(index: number) {
    const { key, value, timestampMs } = oracleInput(index, this.#shape);
    const partition = partitionOf(key, this.#shape);
    const keyBytes = Buffer.from(key);
    this.#sentByPartition.set(partition, (this.#sentByPartition.get(partition) ?? 0) + 1);
    const topic = oracleTopics(this.#shape).numbers;
    return { topic, partition, key: keyBytes, value: numberedSerde.serialize(value, keyBytes), timestampMs };
  }
}

/** Reads the echo as a read-committed consumer does; knows when each partition gave something, and that each input came out once, in order. */
export class EchoWatch {
  readonly gaps = new OutputGaps();
  readonly #log: Log;
  readonly #shape: OracleShape;
  readonly #seenByPartition = new Map<number, number>();
  readonly #lastIndex = new Map<number, number>();
  readonly #problems: string[] = [];
  #reader: PartitionReader | undefined;
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(log: Log, shape: OracleShape) {
    this.#log = log;
    this.#shape = shape;
  }

  async start(): Promise<void> {
    const topic = oracleTopics(this.#shape).echo;
    const from = Array.from({ length: this.#shape.partitionCount }, (_, partition) => ({ topic, partition, nextOffset: 0n }));
    this.#reader = await this.#log.openReader({ from, isolation: 'read_committed' });
    this.#running = this.#run(this.#reader);
  }

  /** Stops once everything sent was seen, or after `withinMs`. What is missing or came twice or out of order is told. */
  async stop(sent: ReadonlyMap<number, number>, withinMs: number): Promise<readonly string[]> {
    const isComplete = (): boolean => [...sent].every(([partition, count]) => (this.#seenByPartition.get(partition) ?? 0) >= count);
    const endsAtMs = performance.now() + withinMs;
    while (!isComplete() && performance.now() < endsAtMs) await delay(feedEveryMs);
    this.#isStopping = true;
    await this.#running;
    await this.#reader?.close();
    for (const [partition, count] of sent) {
      const seenCount = this.#seenByPartition.get(partition) ?? 0;
      if (seenCount !== count) this.#problems.push(`partition ${partition}: ${count} records in, ${seenCount} out`);
    }
    return this.#problems;
  }

  async #run(reader: PartitionReader): Promise<void> {
    while (!this.#isStopping) {
      const batches = await reader.poll({ maxWaitMs: 200 });
      const nowMs = performance.now();
      for (const { partition, records } of batches) {
        this.gaps.seen(partition, nowMs);
        for (const { value } of records) this.#check(partition, value);
      }
    }
  }

  #check(partition: number, value: Buffer | null): void {
    this.#seenByPartition.set(partition, (this.#seenByPartition.get(partition) ?? 0) + 1);
    if (value === null) return;
    const { index } = numberedSerde.deserialize(value, Buffer.alloc(0));
    const lastIndex = this.#lastIndex.get(partition) ?? -1;
    if (index <= lastIndex) this.#problems.push(`partition ${partition}: record ${index} behind record ${lastIndex}`);
    this.#lastIndex.set(partition, index);
  }
}
