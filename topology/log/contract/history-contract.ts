import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Log, PartitionReader, TransactionalSink } from '../log.ts';
import type { OpenLogUnderTest } from './contract-kit.ts';
import { now, output, sorted } from './contract-kit.ts';

interface Step {
  readonly sink: number;
  readonly action: 'send' | 'commit' | 'abort' | 'fence' | 'produce' | 'poll';
  readonly partition: number;
}

const sinkCount = 3;
const partitions = [0, 1] as const;

const step: fc.Arbitrary<Step> = fc.record({
  sink: fc.nat({ max: sinkCount - 1 }),
  action: fc.constantFrom('send', 'send', 'send', 'commit', 'abort', 'fence', 'produce', 'poll'),
  partition: fc.nat({ max: partitions.length - 1 }),
});

interface Pending {
  sink: TransactionalSink;
  isOpen: boolean;
  values: string[][];
}

/** Runs steps against the log and against two lists: what must be readable in each partition in the end, and what a live reader has seen. */
class History {
  readonly #log: Log;
  readonly #topic: string;
  readonly #pending: Pending[] = [];
  readonly #reader: PartitionReader;
  readonly expected: string[][] = partitions.map(() => []);
  readonly seen: string[][] = partitions.map(() => []);
  #count = 0;

  private constructor(log: Log, topic: string, reader: PartitionReader) {
    this.#log = log;
    this.#topic = topic;
    this.#reader = reader;
  }

  static async start(log: Log, topic: string): Promise<History> {
    await log.createTopics([{ name: topic, partitionCount: partitions.length }]);
    const reader = await log.openReader({ from: partitions.map((partition) => ({ topic, partition, nextOffset: 0n })) });
    const history = new History(log, topic, reader);
    for (let index = 0; index < sinkCount; index++) history.#pending.push(await history.#openSink(index));
    return history;
  }

  async run({ sink, action, partition }: Step): Promise<void> {
    const pending = this.#pending[sink];
    assert(pending !== undefined);
    if (action === 'poll') return void (await this.#poll());
    if (action === 'produce') return this.#produce(partition);
    if (action === 'fence') return void (this.#pending[sink] = await this.#openSink(sink));
    if (action === 'send') return this.#send(pending, partition);
    if (!pending.isOpen) return;
    if (action === 'commit') await this.#commit(pending);
    else await pending.sink.abort();
    pending.isOpen = false;
    pending.values = partitions.map(() => []);
  }

  /** Ends what is open, then reads to the end. */
  async finish(): Promise<void> {
    for (const pending of this.#pending) if (pending.isOpen) await pending.sink.abort();
    while (await this.#poll()) continue;
  }

  #send(pending: Pending, partition: number): void {
    if (!pending.isOpen) pending.sink.begin();
    pending.isOpen = true;
    const value = `t${this.#count++}`;
    pending.sink.send([output(value, { topic: this.#topic, partition })]);
    pending.values[partition]?.push(value);
  }

  async #commit(pending: Pending): Promise<void> {
    await pending.sink.commit([], undefined);
    pending.values.forEach((values, partition) => this.expected[partition]?.push(...values));
  }

  async #produce(partition: number): Promise<void> {
    const producer = await this.#log.openProducer();
    const value = `p${this.#count++}`;
    await producer.send([output(value, { topic: this.#topic, partition })]);
    this.expected[partition]?.push(value);
  }

  /** True when there was something to read. */
  async #poll(): Promise<boolean> {
    const batches = await this.#reader.poll(now);
    for (const { partition, records } of batches) this.seen[partition]?.push(...records.map((record) => record.value?.toString() ?? ''));
    return batches.length > 0;
  }

  async #openSink(index: number): Promise<Pending> {
    return {
      sink: await this.#log.openSink({ transactionalId: `${this.#topic}-${index}` }),
      isOpen: false,
      values: partitions.map(() => []),
    };
  }
}

export function testHistories(name: string, open: OpenLogUnderTest): void {
  test(`${name}: whatever is begun, sent, committed, aborted and fenced in whatever order, a reader sees exactly what was committed`, async (t) => {
    const { log, historyRunCount = 60 } = await open(t);
    let runCount = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const history = await History.start(log, `run-${runCount++}`);
        for (const one of steps) await history.run(one);
        await history.finish();
        // The order among transactions is the log's business, so only the sets are compared.
        for (const [partition, values] of history.expected.entries())
          assert.deepEqual(sorted(history.seen[partition] ?? []), sorted(values));
      }),
      { numRuns: historyRunCount },
    );
  });
}
