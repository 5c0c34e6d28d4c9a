import { balanceOwners } from './balance.ts';
import type { Candidate } from './candidate.ts';
import { chooseStandbys } from './copies.ts';
import type { GroupPlan } from './group-plan.ts';
import type { CatalogTask } from './task-catalog.ts';

export interface PlanningOptions {
  readonly standbyCount: number;
  /** Warm-ups of the whole group at a time. */
  readonly maxWarmups: number;
}

/**
 * Who runs, copies and warms up what, after Kafka Streams' high-availability assignor (KIP-441). A pure function of what the members told:
 * - a task stays where it runs unless that member has more than its share;
 * - a task with state moves only to a member that has caught up with it; until then it stays and a copy is made there (warm-up);
 * - tasks with state are shared equally, then all tasks;
 * - nobody who has caught up: who has the least left to restore.
 */
export function planTasks(tasks: readonly CatalogTask[], candidates: readonly Candidate[], options: PlanningOptions): GroupPlan {
  if (candidates.length === 0) return { members: [], isProbing: false };
  const stateful = balanceOwners(
    tasks.filter(({ isStateful }) => isStateful),
    candidates,
    () => 0,
  );
  const statefulLoads = countBy(stateful.wanted.values());
  const stateless = balanceOwners(
    tasks.filter(({ isStateful }) => !isStateful),
    candidates,
    (candidate) => statefulLoads.get(candidate) ?? 0,
  );
  const owners = new Map<CatalogTask, Candidate>();
  const waiting: { readonly task: CatalogTask; readonly target: Candidate }[] = [];
  for (const [task, wanted] of stateful.wanted) {
    const now = stateful.now.get(task) ?? wanted;
    owners.set(task, wanted.isCaughtUp(task) ? wanted : now);
    if (wanted !== now && !wanted.isCaughtUp(task)) waiting.push({ task, target: wanted });
  }
  const standbys = chooseStandbys(owners, candidates, options.standbyCount);
  const warmUps = chooseWarmUps(waiting, standbys, options.maxWarmups);
  return describePlan(candidates, { owners: new Map([...owners, ...stateless.wanted]), standbys, warmUps, isProbing: waiting.length > 0 });
}

/** A standby that is the target anyway costs nothing; else those that were begun, up to the bound. */
function chooseWarmUps(
  waiting: readonly { readonly task: CatalogTask; readonly target: Candidate }[],
  standbys: ReadonlyMap<CatalogTask, readonly Candidate[]>,
  maxWarmups: number,
): ReadonlyMap<CatalogTask, Candidate> {
  const isStandby = ({ task, target }: (typeof waiting)[number]) => standbys.get(task)?.includes(target) === true;
  const begun = ({ task, target }: (typeof waiting)[number]) => target.rank(task) === 1;
  const extra = waiting.filter((one) => !isStandby(one));
  const bounded = [...extra.filter(begun), ...extra.filter((one) => !begun(one))].slice(0, maxWarmups);
  return new Map([...waiting.filter(isStandby), ...bounded].map(({ task, target }) => [task, target]));
}

interface Decision {
  readonly owners: ReadonlyMap<CatalogTask, Candidate>;
  readonly standbys: ReadonlyMap<CatalogTask, readonly Candidate[]>;
  readonly warmUps: ReadonlyMap<CatalogTask, Candidate>;
  readonly isProbing: boolean;
}

function describePlan(candidates: readonly Candidate[], { owners, standbys, warmUps, isProbing }: Decision): GroupPlan {
  const idsOf = (given: Iterable<readonly [CatalogTask, boolean]>) => [...given].flatMap(([task, isGiven]) => (isGiven ? [task.id] : []));
  const members = candidates
    .toSorted((left, right) => (left.memberId < right.memberId ? -1 : 1))
    .map((candidate) => ({
      memberId: candidate.memberId,
      host: candidate.host,
      active: idsOf([...owners].map(([task, owner]) => [task, owner === candidate] as const)),
      standby: idsOf([...standbys].map(([task, copies]) => [task, copies.includes(candidate) && warmUps.get(task) !== candidate] as const)),
      warmUp: idsOf([...warmUps].map(([task, target]) => [task, target === candidate] as const)),
    }));
  return { members, isProbing };
}

function countBy<T>(values: Iterable<T>): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
