import type { OperatorView } from '../../gateway/read/ports.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import type { Log } from '../../topology/log/log.ts';
import type { TaskDescription } from '../../topology/runtime/describe-tasks.ts';
import { deadLetterTopic, readDeadLetters } from './dead-letters.ts';
import { viewGroup, type GroupTask, type GroupView } from './group-tasks.ts';
import { jsonSafe } from './json-safe.ts';
import type { RunningApp } from './processors.ts';
import type { SinkHandle } from './sink-handle.ts';
import { slowDownMs } from './slow-down.ts';
import { sessionTopics } from './topics.ts';

/** What operators see of a process and of the group that it belongs to. */
export interface PlatformObserver {
  readonly operator: OperatorView;
  /** Milliseconds that agents should wait between batches, from the lag of the last sample and from what waits for pictures. */
  lagDelayMs(): number;
  close(): void;
}

/** What is observed; a process has the parts that its roles ask for. */
export interface ObserverDeps {
  readonly log: Log;
  readonly topology: Topology;
  readonly app?: RunningApp;
  readonly sinks: readonly SinkHandle[];
  /** Prometheus text format. */
  readonly metricsText: () => Promise<string>;
  readonly clock: Clock;
}

interface Sample {
  readonly atMs: number;
  /** Of this process. */
  readonly tasks: readonly TaskDescription[];
  /** Of the whole group, whoever owns the tasks. */
  readonly group: GroupView;
}

const sampleIntervalMs = 1_000;

/** Samples the tasks once a second, so that a page with many viewers costs no more than one. */
export function observePlatform(deps: ObserverDeps): PlatformObserver {
  const { log, sinks, metricsText, clock } = deps;
  let samples: readonly Sample[] = [];
  let cancel = (): void => {};
  let isClosed = false;
  const sample = async (): Promise<void> => {
    const taken = await takeSample(deps);
    if (taken !== undefined) samples = [...samples.slice(-4), taken];
    await Promise.all(sinks.map((sink) => sink.measureLag().catch(() => undefined)));
    // A sample that was under way when it closed must not begin the next.
    if (isClosed) return;
    cancel = clock.setTimer(sampleIntervalMs, () => void sample());
  };
  void sample();
  return {
    operator: {
      topology: async () => ({
        ...topologyFacts(deps),
        members: samples.at(-1)?.group.members ?? [],
        tasks: taskFacts(samples),
        deadLetters: await countDeadLetters(log),
        sinks: sinks.map((sink) => ({ name: sink.name, isHealthy: sink.isHealthy() })),
      }),
      topics: () => topicFacts(log),
      deadLetters: async (limitCount) =>
        (await readDeadLetters(log, limitCount)).map((letter) => ({ ...letter, letterOffset: String(letter.letterOffset) })),
      metricsText,
    },
    lagDelayMs: () => delayFor(samples.at(-1)),
    close: () => {
      isClosed = true;
      cancel();
    },
  };
}

/** Undefined when the log does not answer, or a task in the middle of a hand-over cannot be asked: the next second can. */
async function takeSample({ log, topology, app, clock }: ObserverDeps): Promise<Sample | undefined> {
  try {
    const tasks = (await app?.tasks()) ?? [];
    const group = await viewGroup(log, topology);
    return { atMs: clock.monotonicMs(), tasks, group };
  } catch {
    return undefined;
  }
}

function topologyFacts({ topology }: ObserverDeps): object {
  const nodes = topology.describe().subTopologies.flatMap((subTopology) => subTopology.nodes);
  return { mermaid: topology.describeAs('mermaid'), nodes };
}

/** Tasks of the whole group; what only their own process knows is there for those of this one. */
function taskFacts(samples: readonly Sample[]): readonly object[] {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return [];
  const seconds = (last.atMs - first.atMs) / 1_000;
  return last.group.tasks.map((task) => {
    const isSame = (one: GroupTask): boolean => one.taskId === task.taskId && one.role === task.role;
    const moved = task.committedSum - (first.group.tasks.find(isSame) ?? task).committedSum;
    const local = last.tasks.find(({ taskId, role }) => taskId === task.taskId && role === task.role);
    return {
      taskId: task.taskId,
      role: task.role,
      member: task.memberId,
      state: local?.status ?? (task.memberId === undefined ? 'unassigned' : 'elsewhere'),
      lagRecords: task.role === 'active' ? task.lagCount : (local?.copyLagCount ?? 0),
      recordsPerSec: seconds > 0 ? moved / seconds : 0,
      ...(local && { asyncInFlightCount: local.asyncInFlightCount, unflushedBytes: local.unflushedBytes }),
      ...(local?.restore && { restore: jsonSafe(local.restore) }),
    };
  });
}

function delayFor(sample: Sample | undefined): number {
  const asyncShare = (sample?.tasks ?? []).reduce((share, task) => Math.max(share, task.asyncShare), 0);
  const lagCount = (sample?.group.lags ?? []).reduce((sum, one) => sum + one.lagCount, 0);
  return slowDownMs({ lagCount, asyncShare });
}

async function countDeadLetters(log: Log): Promise<number> {
  const [range] = await log.offsets([{ topic: deadLetterTopic, partition: 0 }], 'read_committed');
  return range === undefined ? 0 : Number(range.nextOffset - range.startOffset);
}

async function topicFacts(log: Log): Promise<object> {
  const topics = await log.describeTopics([...sessionTopics, 'usage.events.v1', deadLetterTopic]);
  const partitions = topics.flatMap(({ name, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition })),
  );
  const ranges = await log.offsets(partitions, 'read_committed');
  return { partitions: jsonSafe(ranges), groups: await log.listGroups() };
}
