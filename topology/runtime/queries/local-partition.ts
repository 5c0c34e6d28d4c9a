import type { TaskState } from '../../../state/task-state.ts';
import { changelogTopic } from '../../builder/names.ts';
import type { TopicPartitionOffset } from '../../log/log.ts';
import type { GlobalStores } from '../globals/global-stores.ts';
import type { StreamThread } from '../stream-thread.ts';
import type { QueryOptions } from './store-query.ts';

/** One store of one task, or a global store, that this process can read now. */
export interface LocalPartition {
  /** 0 for a global store, which is whole. */
  readonly partition: number;
  readonly state: TaskState;
  /** What the state includes. */
  readonly position: readonly TopicPartitionOffset[];
}

export interface LocalPartitionsOptions {
  readonly applicationName: string;
  readonly store: string;
  /** Undefined for a global store. */
  readonly subTopology: number | undefined;
  readonly thread: StreamThread;
  readonly globals: GlobalStores;
}

/** Tasks first; copies only where the task is not here. */
export function localPartitions(options: LocalPartitionsOptions, { withStandbys = false }: QueryOptions): readonly LocalPartition[] {
  const { subTopology, store, globals } = options;
  if (subTopology === undefined) {
    const found = globals.find(store);
    return found === undefined ? [] : [{ partition: 0, state: found.state, position: found.positions }];
  }
  const own = [...(withStandbys ? copiesOf(options) : []), ...tasksOf(options)];
  const partitions = new Map(own.map((one) => [one.partition, one]));
  return [...partitions.values()].toSorted((left, right) => left.partition - right.partition);
}

function copiesOf({ applicationName, store, subTopology, thread }: LocalPartitionsOptions): readonly LocalPartition[] {
  const topic = changelogTopic(applicationName, store);
  return thread.copies().flatMap(({ task }) => {
    const state = task.id.subTopology === subTopology ? task.state() : undefined;
    if (state === undefined) return [];
    const { partition } = task.id;
    const { nextOffset = 0n } = state.position().changelogs.get(store) ?? {};
    return [{ partition, state, position: [{ topic, partition, nextOffset }] }];
  });
}

function tasksOf({ subTopology, thread }: LocalPartitionsOptions): readonly LocalPartition[] {
  return thread.slots().flatMap((slot) => {
    const task = slot.isRunning() && slot.id.subTopology === subTopology ? slot.task() : undefined;
    if (task === undefined || task.status() === 'closed' || task.status() === 'failed') return [];
    return [{ partition: slot.id.partition, state: task.state(), position: task.positions() }];
  });
}

/** True when `position` does not include everything before the bounds that are about it. A bound on another partition of the store is no matter of this one. */
export function isBehind(
  { partition, position }: LocalPartition,
  { atLeast = [] }: QueryOptions,
  changelog: string,
  isTask: boolean,
): boolean {
  return atLeast.some((bound) => {
    const known = position.find((one) => one.topic === bound.topic && one.partition === bound.partition);
    if (known !== undefined) return known.nextOffset < bound.nextOffset;
    // The owner of a task has written its changelog itself; a copy cannot tell how far the inputs were read.
    return bound.partition === partition && !(isTask && bound.topic === changelog);
  });
}
