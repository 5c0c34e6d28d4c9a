import { changelogTopic } from '../../builder/names.ts';
import type { TopicPartition } from '../../log/log.ts';
import type { StoredPosition } from '../../../state/task-state.ts';
import type { ChangelogRange } from '../changelog-ranges.ts';
import { wipeReasonOf } from '../restore-driver.ts';
import type { TaskEnvironment } from '../task-environment.ts';
import { listTasks, type CatalogTask } from './task-catalog.ts';

type LagEnvironment = Pick<TaskEnvironment, 'topology' | 'topics' | 'log' | 'clock' | 'bounds'>;

/**
 * How far each task's changelogs reach and where the closed tasks on this disk stand. Owned by one member; the ends are as old as the last
 * `refresh`, which is good enough to choose by: a task that is opened asks the log itself.
 */
export class TaskLags {
  readonly tasks: readonly CatalogTask[];
  readonly #environment: LagEnvironment;
  readonly #changelogs = new Map<string, readonly (TopicPartition & { readonly store: string })[]>();
  #stored = new Map<string, StoredPosition>();
  #ranges: ReadonlyMap<string, readonly ChangelogRange[]> = new Map();

  constructor(environment: LagEnvironment) {
    const { topology, topics } = environment;
    this.#environment = environment;
    this.tasks = listTasks(topology, new Map([...topics.values()].map(({ name, partitionCount }) => [name, partitionCount])));
    for (const { id, name } of this.tasks) {
      const stores = topology.subTopologies.find((one) => one.id === id.subTopology)?.stores ?? [];
      const changelogs = stores
        .filter(({ spec }) => spec.changelog !== false)
        .map(({ spec }) => ({ store: spec.name, topic: changelogTopic(topology.applicationName, spec.name), partition: id.partition }));
      this.#changelogs.set(name, changelogs);
    }
  }

  /** Replaces what is known of closed tasks. */
  load(stored: ReadonlyMap<string, StoredPosition>): void {
    this.#stored = new Map(stored);
  }

  /** A task was closed here and its disk stands there; undefined when nothing is known. */
  remember(name: string, position: StoredPosition | undefined): void {
    if (position === undefined || position.changelogs.size === 0) this.#stored.delete(name);
    else this.#stored.set(name, position);
  }

  /** Asks the log for the ends of all changelogs. */
  async refresh(): Promise<void> {
    const { log, topics } = this.#environment;
    const all = [...this.#changelogs.values()].flat();
    if (all.length === 0) return;
    const found = new Map((await log.offsets(all, 'read_uncommitted')).map((range) => [keyOf(range), range]));
    const ranges = new Map<string, readonly ChangelogRange[]>();
    for (const [name, changelogs] of this.#changelogs) {
      const known = changelogs.flatMap((at) => {
        const range = found.get(keyOf(at));
        const topic = topics.get(at.topic);
        if (range === undefined || topic === undefined) return [];
        const { id: topicId, tombstoneRetentionMs } = topic;
        return [{ ...at, topicId, tombstoneRetentionMs, startOffset: range.startOffset, endOffset: range.nextOffset }];
      });
      ranges.set(name, known);
    }
    this.#ranges = ranges;
  }

  /** Offsets from `positions` to the ends; all of them without positions. Infinity before the ends are known. */
  lag(name: string, positions: ReadonlyMap<string, bigint> | undefined): number {
    if (this.#changelogs.get(name)?.length === 0) return 0;
    const ranges = this.#ranges.get(name);
    if (ranges === undefined) return Infinity;
    let lag = 0;
    for (const { store, startOffset, endOffset } of ranges) {
      const position = positions?.get(store) ?? startOffset;
      lag += Math.max(0, Number(endOffset - (position < startOffset ? startOffset : position)));
    }
    return lag;
  }

  /** Lag of the closed folder of a task; undefined without one, and for one that would be wiped (K5). */
  storedLag(name: string): number | undefined {
    const stored = this.#stored.get(name);
    if (stored === undefined) return undefined;
    const { clock, bounds } = this.#environment;
    const changelogs = this.#ranges.get(name) ?? [];
    // Where the ends are older than the folder it is not out of range, it has caught up.
    const ended = changelogs.map((range) => {
      const position = stored.changelogs.get(range.store)?.nextOffset ?? range.startOffset;
      return position > range.endOffset ? { ...range, endOffset: position } : range;
    });
    if (wipeReasonOf(stored, { changelogs: ended, nowMs: clock.nowMs(), tombstoneMarginMs: bounds.tombstoneMarginMs }) !== undefined) {
      return undefined;
    }
    return this.lag(name, new Map([...stored.changelogs].map(([store, { nextOffset }]) => [store, nextOffset])));
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
