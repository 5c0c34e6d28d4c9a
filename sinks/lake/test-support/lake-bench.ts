import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import { createSystemClock } from '../../../topology/base/clock.ts';
import type { DeadLetter } from '../../../schemas/types/usage.ts';
import type { Log, OutputRecord, TopicPartitionOffset } from '../../../topology/log/log.ts';
import { createMemoryLog } from '../../../topology/log/memory/memory-log.ts';
import { SinkRunner, type SinkRunnerOptions } from '../../runner/sink-runner.ts';
import { lakePrefix } from '../lake-keys.ts';
import type { LakeRow } from '../lake-row.ts';
import { LakeTarget } from '../lake-target.ts';
import { decodeParquet, type LakeRecord } from '../parquet-file.ts';

export const captureTopic = 'capture.events.v1';
const partitions = [0, 1].map((partition) => ({ topic: captureTopic, partition }));

type Limits = Pick<SinkRunnerOptions<LakeRow>, 'batchRows' | 'batchBytes' | 'lingerMs'>;

export interface LakeBench {
  readonly log: Log;
  readonly letters: DeadLetter[];
  readonly send: (records: readonly Omit<OutputRecord, 'topic'>[]) => Promise<void>;
  /** Positions after everything that was sent. */
  readonly ends: () => Promise<readonly TopicPartitionOffset[]>;
  readonly start: (store: ObjectStore, limits?: Limits) => SinkRunner<LakeRow>;
  /** Runs a lake on the store to the end of the topic and closes it. @throws {SINK_FAILED} when it stops before. */
  readonly drain: (store: ObjectStore, limits?: Limits) => Promise<void>;
}

/** A log in memory with the topic, two partitions. */
export async function createLakeBench(): Promise<LakeBench> {
  const clock = createSystemClock({ keepsAlive: true });
  const log = createMemoryLog({ clock });
  await log.createTopics([{ name: captureTopic, partitionCount: partitions.length }]);
  const letters: DeadLetter[] = [];
  const start = (store: ObjectStore, limits: Limits = {}): SinkRunner<LakeRow> => {
    const deadLetters = async (more: readonly DeadLetter[]): Promise<void> => void letters.push(...more);
    const target = new LakeTarget({ store, log });
    const runner = new SinkRunner<LakeRow>({ log, target, clock, random: () => 0, deadLetters, firstRetryMs: 1, lingerMs: 0, ...limits });
    runner.start();
    return runner;
  };
  return {
    log,
    letters,
    send: async (records) => {
      const producer = await log.openProducer();
      await producer.send(records.map((record) => ({ ...record, topic: captureTopic })));
      await producer.close();
    },
    ends: () => log.offsets(partitions, 'read_committed'),
    start,
    drain: async (store, limits) => {
      const runner = start(store, limits);
      await runner.whenApplied(await log.offsets(partitions, 'read_committed')).finally(() => runner.close());
    },
  };
}

/** Files of the lake by key, in key order. */
export async function lakeFiles(store: ObjectStore): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { key } of store.list(lakePrefix)) files.set(key, (await store.get(key)) ?? Buffer.alloc(0));
  return files;
}

/** Every record of every file, by partition and offset. */
export async function lakeRecords(store: ObjectStore): Promise<readonly LakeRecord[]> {
  const files = [...(await lakeFiles(store)).values()];
  const records = (await Promise.all(files.map(decodeParquet))).flat();
  return records.toSorted((one, other) => one.partition - other.partition || Number(one.offset - other.offset));
}
