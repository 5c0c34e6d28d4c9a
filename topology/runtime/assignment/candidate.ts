import { taskHoldings, type HeldTask, type MemberData } from './held-task.ts';
import { taskIdText } from '../task-id.ts';
import type { CatalogTask } from './task-catalog.ts';

/** One member, as the assignor judges it for one task after the other. */
export class Candidate {
  readonly memberId: string;
  readonly host: string;
  /** False for a member that tells nothing of its disk: it gets tasks, but no copies, since it may not know what they are. */
  readonly hasData: boolean;
  readonly #topics: ReadonlySet<string>;
  readonly #held: ReadonlyMap<string, HeldTask>;
  readonly #acceptableLag: number;

  constructor(options: {
    readonly memberId: string;
    readonly topics: readonly string[];
    readonly data: MemberData | undefined;
    readonly acceptableLag: number;
  }) {
    const { memberId, topics, data, acceptableLag } = options;
    this.memberId = memberId;
    this.host = data?.host ?? '';
    this.hasData = data !== undefined;
    this.#topics = new Set(topics);
    this.#held = new Map((data?.tasks ?? []).map((held) => [taskIdText(held.id), held]));
    this.#acceptableLag = acceptableLag;
  }

  /** It subscribes to all that the task reads. */
  mayRun(task: CatalogTask): boolean {
    return task.inputs.every(({ topic }) => this.#topics.has(topic));
  }

  runs(task: CatalogTask): boolean {
    return this.#held.get(task.name)?.holding === 'active';
  }

  /** From 0 (runs it) to 3 (has nothing of it). */
  rank(task: CatalogTask): number {
    return taskHoldings.indexOf(this.#held.get(task.name)?.holding ?? 'none');
  }

  /** Infinity when nothing is known. */
  lag(task: CatalogTask): number {
    if (!task.isStateful || !this.hasData) return 0;
    return this.#held.get(task.name)?.lag ?? Infinity;
  }

  /** A member that tells nothing can never prove it; it would else never get a task that has state. */
  isCaughtUp(task: CatalogTask): boolean {
    return this.lag(task) <= this.#acceptableLag;
  }

  /** How many of the tasks it runs or copies already: where equal shares leave a choice, it goes to who has begun. */
  affinity(tasks: readonly CatalogTask[]): number {
    return tasks.filter((task) => this.rank(task) <= taskHoldings.indexOf('standby')).length;
  }
}

/** By the first number that differs, then by the name. */
export function compareRanked(left: Ranked, right: Ranked): number {
  for (const [index, value] of left.by.entries()) {
    const other = right.by[index] ?? 0;
    if (value !== other) return value < other ? -1 : 1;
  }
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}

export interface Ranked {
  readonly by: readonly number[];
  readonly name: string;
}

/** The least by `rankOf`; equal ones by member id, so that every leader decides the same. */
export function best(candidates: readonly Candidate[], rankOf: (candidate: Candidate) => readonly number[]): Candidate | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, by: rankOf(candidate), name: candidate.memberId }));
  return ranked.toSorted(compareRanked)[0]?.candidate;
}
