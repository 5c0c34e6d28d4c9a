import type { HealthView, OperatorView } from '../../gateway/read/ports.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { PromMetrics } from '../../topology/base/prom-metrics.ts';
import type { TaskDescription } from '../../topology/runtime/describe-tasks.ts';
import { deadLetterTopic, readDeadLetters } from './dead-letters.ts';
import type { Platform } from './platform.ts';
import type { Storage } from './storage.ts';
import { sessionTopics } from './topics.ts';

/** What operators and probes see of an embedded platform. */
export interface PlatformObserver {
  readonly operator: OperatorView;
  readonly health: HealthView;
  /** Milliseconds that agents should wait between batches, from the lag of the last sample. */
  lagDelayMs(): number;
  close(): void;
}

interface Sample {
  readonly atMs: number;
  readonly tasks: readonly TaskDescription[];
}

const sampleIntervalMs = 1_000;
/** Records behind at which agents begin to be slowed down, and how long they wait at most. */
const lagFreeCount = 5_000;
const longestDelayMs = 5_000;

/** Samples the tasks once a second, so that a page with many viewers costs no more than one. */
export function observePlatform(deps: {
  readonly storage: Storage;
  readonly platform: Platform;
  readonly metrics: PromMetrics;
  readonly clock: Clock;
}): PlatformObserver {
  const { storage, platform, metrics, clock } = deps;
  let samples: readonly Sample[] = [];
  let cancel = (): void => {};
  let isClosed = false;
  const sample = async (): Promise<void> => {
    // A task in the middle of a hand-over cannot be asked; the next second can.
    const tasks = await platform.app.tasks().catch(() => undefined);
    if (tasks !== undefined) samples = [...samples.slice(-4), { atMs: clock.monotonicMs(), tasks }];
    await Promise.all(platform.sinks.map((sink) => sink.measureLag().catch(() => undefined)));
    // A sample that was under way when it closed must not begin the next.
    if (isClosed) return;
    cancel = clock.setTimer(sampleIntervalMs, () => void sample());
  };
  void sample();
  return {
    operator: {
      topology: async () => ({
        ...topologyFacts(platform),
        tasks: taskFacts(samples),
        deadLetters: await countDeadLetters(storage),
        sinks: platform.sinks.map((sink) => ({ name: sink.name, isHealthy: sink.isHealthy() })),
      }),
      topics: () => topicFacts(storage),
      deadLetters: async (limitCount) =>
        (await readDeadLetters(storage.log, limitCount)).map((letter) => ({ ...letter, letterOffset: String(letter.letterOffset) })),
      metricsText: () => metrics.page(),
    },
    health: { alive: () => platform.app.health().isAlive, notReady: () => notReady(platform) },
    lagDelayMs: () => delayFor(samples.at(-1)),
    close: () => {
      isClosed = true;
      cancel();
    },
  };
}

function notReady({ app, sinks }: Platform): string[] {
  const failed = sinks.filter((sink) => !sink.isHealthy()).map((sink) => `sink ${sink.name}`);
  return app.health().isReady ? failed : [`tasks ${app.state()}`, ...failed];
}

function topologyFacts({ topology }: Platform): object {
  const nodes = topology.describe().subTopologies.flatMap((subTopology) => subTopology.nodes);
  return { mermaid: topology.describeAs('mermaid'), nodes };
}

function lagOf(task: TaskDescription): number {
  return task.inputs.reduce((sum, input) => sum + input.lagCount, 0);
}

function taskFacts(samples: readonly Sample[]): readonly object[] {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return [];
  const seconds = (last.atMs - first.atMs) / 1_000;
  return last.tasks.map((task) => {
    const before = first.tasks.find((one) => one.taskId === task.taskId);
    const moved = committedSum(task) - (before === undefined ? committedSum(task) : committedSum(before));
    const recordsPerSec = seconds > 0 ? moved / seconds : 0;
    const { taskId, status: state, asyncInFlightCount, unflushedBytes } = task;
    return {
      taskId,
      state,
      lagRecords: lagOf(task),
      recordsPerSec,
      asyncInFlightCount,
      unflushedBytes,
      ...(task.restore && { restore: jsonSafe(task.restore) }),
    };
  });
}

function committedSum(task: TaskDescription): number {
  return task.inputs.reduce((sum, input) => sum + Number(input.committedOffset ?? 0n), 0);
}

function delayFor(sample: Sample | undefined): number {
  const lagCount = sample?.tasks.reduce((sum, task) => sum + lagOf(task), 0) ?? 0;
  return lagCount <= lagFreeCount ? 0 : Math.min(longestDelayMs, Math.round((lagCount - lagFreeCount) / 10));
}

async function countDeadLetters({ log }: Storage): Promise<number> {
  const [range] = await log.offsets([{ topic: deadLetterTopic, partition: 0 }], 'read_committed');
  return range === undefined ? 0 : Number(range.nextOffset - range.startOffset);
}

async function topicFacts({ log }: Storage): Promise<object> {
  const topics = await log.describeTopics([...sessionTopics, 'usage.events.v1', deadLetterTopic]);
  const partitions = topics.flatMap(({ name, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition })),
  );
  const ranges = await log.offsets(partitions, 'read_committed');
  return { partitions: ranges.map(jsonSafe), groups: await log.listGroups() };
}

function jsonSafe(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, typeof one === 'bigint' ? String(one) : one]));
}
