import type { DeadLetter } from '../../schemas/types/usage.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import type { Log, TopicPartitionOffset } from '../../topology/log/log.ts';
import { createMemoryLog } from '../../topology/log/memory/memory-log.ts';
import { SinkRunner } from '../runner/sink-runner.ts';
import type { SinkRunnerOptions } from '../runner/sink-runner.ts';
import type { SinkRow, SinkTarget } from '../runner/sink-target.ts';

type RunnerChange<Row> = Partial<SinkRunnerOptions<Row>>;

/** A target for one test. `open` may be called again on the same state after the target was closed. */
export interface SinkUnderTest<Row> {
  readonly open: () => Promise<SinkTarget<Row>>;
  /**
   * A target on the same state that dies: its place does so many requests of an `apply`, and that one and all later ones fail for good. `one-write` where rows
   * and positions are a single write, so that there is nothing in between.
   */
  readonly openDying: ((doneCount: number) => Promise<SinkTarget<Row>>) | 'one-write';
  /** What a reader of the target sees, comparable; the same for the same records however often and in whatever batches they were applied. */
  readonly effect: () => Promise<unknown>;
  readonly end: () => Promise<void>;
}

export interface SinkSamples {
  /** Encoded records of session `s1` to `s9` of tenant `acme`, oldest first, at least four, all with an effect. */
  readonly values: readonly { readonly topic: string; readonly value: Buffer }[];
}

export interface SinkBench<Row> {
  readonly log: Log;
  readonly sink: SinkUnderTest<Row>;
  readonly letters: DeadLetter[];
  readonly send: (values: SinkSamples['values']) => Promise<void>;
  /** Runs the sink to the end of its topics and closes it. */
  readonly drain: (change?: RunnerChange<Row>) => Promise<void>;
  /** Starts the sink; `close` ends it. */
  readonly run: (change?: RunnerChange<Row>) => Promise<SinkRunner<Row>>;
  /** Positions after everything that was sent. */
  readonly ends: () => Promise<readonly TopicPartitionOffset[]>;
}

/** A log in memory with the sink's topics. */
export async function createBench<Row>(sink: SinkUnderTest<Row>): Promise<SinkBench<Row>> {
  const log = createMemoryLog({ clock: createSystemClock({ keepsAlive: true }) });
  const letters: DeadLetter[] = [];
  const target = await sink.open();
  const topics = [...target.topics];
  await target.close();
  await log.createTopics(topics.map((name) => ({ name, partitionCount: 2 })));
  const clock = createSystemClock({ keepsAlive: true });
  const run = async (change: RunnerChange<Row> = {}): Promise<SinkRunner<Row>> => {
    const deadLetters = async (more: readonly DeadLetter[]): Promise<void> => void letters.push(...more);
    const target = change.target ?? (await sink.open());
    const runner = new SinkRunner<Row>({ log, clock, random: () => 0, deadLetters, lingerMs: 0, ...change, target });
    runner.start();
    return runner;
  };
  return {
    log,
    sink,
    letters,
    send: async (values) => {
      const producer = await log.openProducer();
      for (const { topic, value } of values)
        await producer.send([{ topic, value, partition: 0, key: Buffer.from('acme/s1'), timestampMs: 0 }]);
      await producer.close();
    },
    run,
    ends: () => endsOf(log, topics),
    drain: async (change) => {
      const runner = await run(change);
      await runner.whenApplied(await endsOf(log, topics));
      await runner.close();
    },
  };
}

async function endsOf(log: Log, topics: readonly string[]): Promise<Awaited<ReturnType<Log['offsets']>>> {
  return log.offsets(
    topics.flatMap((topic) => [0, 1].map((partition) => ({ topic, partition }))),
    'read_committed',
  );
}

/** Everything that was sent, as the target would be handed it, in the order of the log. */
export async function decodeAll<Row>(log: Log, target: SinkTarget<Row>): Promise<SinkRow<Row>[]> {
  const reader = await log.openReader({ from: (await endsOf(log, target.topics)).map((end) => ({ ...end, nextOffset: end.startOffset })) });
  const rows: SinkRow<Row>[] = [];
  for (let batches = await reader.poll({ maxWaitMs: 0 }); batches.length > 0; batches = await reader.poll({ maxWaitMs: 0 })) {
    for (const { topic, partition, records } of batches) {
      for (const record of records) {
        const row = target.decode(topic, record);
        if (row !== undefined) rows.push({ topic, partition, offset: record.offset, row });
      }
    }
  }
  await reader.close();
  return rows;
}
