import { hasCode, StepwrightError } from '../base/errors.ts';
import { changelogTopic } from '../builder/names.ts';
import type { SubTopology } from '../builder/sub-topology.ts';
import type { CommittedOffset, TopicPartition } from '../log/log.ts';
import type { TaskState, WipeReason } from '../../state/task-state.ts';
import { AtLeastOnceChannel } from './at-least-once-channel.ts';
import { describeChangelogs, type ChangelogRange } from './changelog-ranges.ts';
import type { ChangelogReader } from './changelog-reader.ts';
import type { CommitChannel } from './commit-channel.ts';
import { CommitCycle } from './commit-cycle.ts';
import { decodeCommitMetadata } from './commit-metadata.ts';
import { InputQueue } from './partition-group.ts';
import { RecordCollector } from './record-collector.ts';
import { restoreState, type RestoreProgress } from './restore-driver.ts';
import { StateFlusher } from './state-flusher.ts';
import { Task, type TaskOwner } from './task.ts';
import type { TaskEnvironment } from './task-environment.ts';
import { taskIdText, transactionalIdOf, type TaskId } from './task-id.ts';
import { openTransactionalChannel } from './transactional-channel.ts';

/** Between two log lines about one restore. */
const progressLogMs = 2_000;

export interface OpenTaskOptions {
  readonly id: TaskId;
  readonly subTopology: SubTopology;
  readonly environment: TaskEnvironment;
  readonly owner: TaskOwner;
  readonly reader: ChangelogReader;
  /** The open state of a copy that is promoted, taken over as it is; undefined to open what is on disk. */
  readonly inherit: () => Promise<TaskState | undefined>;
  /** Begins every commit id of this opening; a number that counts on from the last commit makes the id unique (K8). */
  readonly commitIdPrefix: string;
  readonly onProgress: (progress: RestoreProgress) => void;
  /** The store was found corrupt while it ran: it is deleted first, for that reason (K5). */
  readonly afterCorruption: boolean;
  /** A flush failed for good: the task must be closed and rebuilt. */
  readonly onFlushFailed: (error: unknown) => void;
  /** Ends a restore that nobody waits for. */
  readonly signal: AbortSignal;
}

/**
 * Opens a task in the one order that is safe: fence the old owner, which also settles its last transaction → read the committed input
 * positions and the end of each changelog → restore up to that end. A position read before the fence could still move.
 */
export async function openTask(options: OpenTaskOptions): Promise<Task> {
  const { environment, id, subTopology } = options;
  const partitions = subTopology.sourceTopics.map((topic) => ({ topic, partition: id.partition }));
  const channel = await openChannel(options, partitions);
  // Side by side, all of them behind the fence: a task that moves is away for as long as this takes.
  const reading = readStart(environment, partitions);
  const opening = openState(options);
  await Promise.allSettled([reading, opening]);
  let state: TaskState | undefined;
  try {
    const opened = await opening;
    state = opened.state;
    const start = await reading;
    // Behind the state: a copy that was read further than an end that was asked for before would look out of range (K5).
    const changelogs = await describeChangelogs(environment, subTopology, id);
    await restore(options, opened, changelogs);
    state.restoreStreamTime(start.streamTimeMs);
    return await assemble(options, { channel, state, changelogs, start });
  } catch (error) {
    await state?.close();
    await channel.close();
    throw error;
  }
}

async function openChannel({ environment, id }: OpenTaskOptions, partitions: readonly TopicPartition[]): Promise<CommitChannel> {
  const { log, applicationId, guarantee } = environment;
  if (guarantee === 'at_least_once') {
    return new AtLeastOnceChannel({
      producer: await log.openProducer(),
      clock: environment.clock,
      commitOffsets: (offsets) => environment.commitOffsets(offsets),
      committed: async () => {
        const committed = await log.committed(applicationId, partitions);
        return committed.flatMap(({ nextOffset, ...at }) => (nextOffset === undefined ? [] : [{ ...at, nextOffset }]));
      },
    });
  }
  return openTransactionalChannel({
    log,
    partitions,
    groupId: applicationId,
    transactionalId: transactionalIdOf(applicationId, id),
    membership: () => environment.membership(),
  });
}

interface TaskStart {
  readonly queues: readonly InputQueue[];
  readonly endOffsets: ReadonlyMap<InputQueue, bigint>;
  readonly streamTimeMs: number;
  readonly commitId: string | undefined;
}

async function readStart({ log, applicationId, offsetReset }: TaskEnvironment, partitions: readonly TopicPartition[]): Promise<TaskStart> {
  const [committed, ranges] = await Promise.all([log.committed(applicationId, partitions), log.offsets(partitions, 'read_committed')]);
  const endOffsets = new Map<InputQueue, bigint>();
  const queues = partitions.map((at) => {
    const range = ranges.find((one) => one.topic === at.topic && one.partition === at.partition);
    if (range === undefined)
      throw new StepwrightError('LOG_TOPIC_UNKNOWN', `topic "${at.topic}" has no partition ${at.partition}: create it first`);
    const reset = offsetReset === 'earliest' ? range.startOffset : range.nextOffset;
    const position = committed.find((one) => one.topic === at.topic && one.partition === at.partition)?.nextOffset ?? reset;
    const queue = new InputQueue(at, position < range.startOffset ? range.startOffset : position);
    endOffsets.set(queue, range.nextOffset);
    return queue;
  });
  return { queues, endOffsets, ...readMetadata(committed) };
}

function readMetadata(committed: readonly CommittedOffset[]): { readonly streamTimeMs: number; readonly commitId: string | undefined } {
  const found = committed.flatMap(({ metadata }) => decodeCommitMetadata(metadata) ?? []);
  return { streamTimeMs: Math.max(-1, ...found.map(({ streamTimeMs }) => streamTimeMs)), commitId: found[0]?.commitId };
}

interface OpenedState {
  readonly state: TaskState;
  /** Why what was there before was deleted. */
  readonly deletedFor: WipeReason | undefined;
}

async function openState({ environment, id, subTopology, afterCorruption, inherit }: OpenTaskOptions): Promise<OpenedState> {
  const inherited = await inherit();
  if (inherited !== undefined) return { state: inherited, deletedFor: undefined };
  const specs = subTopology.stores.map(({ spec }) => spec);
  try {
    const state = await environment.openState(id, specs, afterCorruption);
    return { state, deletedFor: afterCorruption ? 'checksum-failed' : undefined };
  } catch (error) {
    if (!hasCode(error, 'STATE_CORRUPT')) throw error;
    environment.logger.error(
      { task: taskIdText(id), code: error.code },
      'the store is corrupt: it is deleted and restored from its changelogs',
    );
    return { state: await environment.openState(id, specs, true), deletedFor: 'checksum-failed' };
  }
}

async function restore(
  { environment, id, signal, onProgress, reader }: OpenTaskOptions,
  { state, deletedFor }: OpenedState,
  changelogs: readonly ChangelogRange[],
): Promise<void> {
  const { clock, bounds, crashPoints, engineMetrics } = environment;
  const labels = { task: taskIdText(id) };
  const logger = environment.logger.child(labels);
  let loggedAtMs = clock.monotonicMs();
  crashPoints.reach('restore-started');
  const done = await restoreState({
    state,
    deletedFor,
    reader,
    changelogs,
    signal,
    clock,
    tombstoneMarginMs: bounds.tombstoneMarginMs,
    onProgress: (progress) => {
      engineMetrics.restoreRemaining.set(progress.remainingCount, labels);
      onProgress(progress);
      if (!progress.isDone && clock.monotonicMs() - loggedAtMs < progressLogMs) return;
      loggedAtMs = clock.monotonicMs();
      logger.info({ ...progress }, progress.isDone ? 'task restored' : 'restoring a task');
    },
  });
  engineMetrics.restoreTotal.add(done.restoredCount, labels);
  crashPoints.reach('restored');
}

interface Opened {
  readonly channel: CommitChannel;
  readonly state: TaskState;
  readonly changelogs: readonly ChangelogRange[];
  readonly start: TaskStart;
}

async function assemble(options: OpenTaskOptions, { channel, state, changelogs, start }: Opened): Promise<Task> {
  const { environment, id, subTopology, owner, commitIdPrefix, onFlushFailed } = options;
  const { log, clock, crashPoints, logger, handlers, topics, deadLetterTopic, deadLetterOwner, topology } = environment;
  const partitionCounts = new Map([...topics.values()].map(({ name, partitionCount }) => [name, partitionCount]));
  const nowMs = () => clock.nowMs();
  const collector = new RecordCollector({ deadLetterTopic, deadLetterOwner, partitionCounts, nowMs });
  const flusher = new StateFlusher({ state, log, changelogs, crashPoints, logger, onEnded: () => owner.wake(), onFailed: onFlushFailed });
  const cycle = new CommitCycle({
    taskId: taskIdText(id),
    partition: id.partition,
    state,
    collector,
    channel,
    flusher,
    handlers,
    crashPoints,
    changelogTopicOf: (store) => changelogTopic(topology.applicationName, store),
    nowMs,
    lastCommitId: start.commitId,
  });
  const { queues, endOffsets } = start;
  return new Task({ id, subTopology, environment, state, channel, cycle, flusher, collector, queues, endOffsets, commitIdPrefix, owner });
}
