import { best, compareRanked, type Candidate } from './candidate.ts';
import { OwnerBoard } from './owner-board.ts';
import type { CatalogTask } from './task-catalog.ts';

export interface Shares {
  /** Who can go on with each task at once: where it runs, or the best copy. */
  readonly now: ReadonlyMap<CatalogTask, Candidate>;
  /** Equal shares, reached from `now` with as few moves as there can be. */
  readonly wanted: ReadonlyMap<CatalogTask, Candidate>;
}

/**
 * Works out who should own which of `tasks`. A task stays where it runs, or goes to the best copy that is caught up; then those above their
 * share give to those below, first what moves for nothing. Tasks that nobody may run are left out.
 */
export function balanceOwners(
  tasks: readonly CatalogTask[],
  candidates: readonly Candidate[],
  baseLoads: (candidate: Candidate) => number,
): Shares {
  const board = new OwnerBoard(candidates, baseLoads);
  const unowned: CatalogTask[] = [];
  for (const task of tasks) {
    const runner = runnerOf(task, candidates);
    if (runner === undefined) unowned.push(task);
    else board.give(task, runner);
  }
  const shares = shareCounts(board, tasks, unowned.length);
  for (const task of unowned) {
    const owner = placeFor(task, board, shares);
    if (owner !== undefined) board.give(task, owner);
  }
  const now = new Map(board.owned());
  moveToShares(board, shares);
  return { now, wanted: new Map(board.owned()) };
}

/** Where it runs; not where it restores while another has caught up. */
function runnerOf(task: CatalogTask, candidates: readonly Candidate[]): Candidate | undefined {
  const eligible = candidates.filter((candidate) => candidate.mayRun(task));
  const runner = best(
    eligible.filter((candidate) => candidate.runs(task)),
    (candidate) => [candidate.lag(task)],
  );
  if (runner === undefined || runner.isCaughtUp(task)) return runner;
  return eligible.some((candidate) => candidate.hasData && candidate.isCaughtUp(task)) ? undefined : runner;
}

/** A caught-up member within its share, the best copy first; without one, who has the least left to restore. */
function placeFor(task: CatalogTask, board: OwnerBoard, shares: ReadonlyMap<Candidate, number>): Candidate | undefined {
  const eligible = board.candidates.filter((candidate) => candidate.mayRun(task));
  const known = eligible.filter((candidate) => candidate.hasData && candidate.isCaughtUp(task));
  const ready = known.length > 0 ? known : eligible.filter((candidate) => candidate.isCaughtUp(task));
  if (ready.length === 0) {
    return best(eligible, (candidate) => [candidate.lag(task), board.load(candidate), board.spread(candidate, task)]);
  }
  return best(ready, (candidate) => [
    board.load(candidate) < (shares.get(candidate) ?? 0) ? 0 : 1,
    candidate.rank(task),
    board.load(candidate),
    board.spread(candidate, task),
    candidate.lag(task),
  ]);
}

/** Equal shares; what does not divide goes to those who have most already, so that nothing moves without need. */
function shareCounts(board: OwnerBoard, tasks: readonly CatalogTask[], unownedCount: number): ReadonlyMap<Candidate, number> {
  const { candidates } = board;
  const total = candidates.reduce((sum, candidate) => sum + board.load(candidate), unownedCount);
  const least = Math.floor(total / candidates.length);
  const extraCount = total % candidates.length;
  const ranked = candidates.map((candidate) => ({
    candidate,
    by: [-board.load(candidate), -candidate.affinity(tasks)],
    name: candidate.memberId,
  }));
  return new Map(ranked.toSorted(compareRanked).map(({ candidate }, index) => [candidate, index < extraCount ? least + 1 : least]));
}

/** Every possible move from above to below a share, the cheapest first, as long as both ends need it. */
function moveToShares(board: OwnerBoard, shares: ReadonlyMap<Candidate, number>): void {
  const missing = (candidate: Candidate) => (shares.get(candidate) ?? 0) - board.load(candidate);
  const takers = board.candidates.filter((candidate) => missing(candidate) > 0);
  const moves = [...board.owned()]
    .filter(([, owner]) => missing(owner) < 0)
    .flatMap(([task, owner]) =>
      takers
        .filter((taker) => taker.mayRun(task))
        .map((taker) => ({ task, owner, taker, by: costOf(task, owner, taker), name: taker.memberId })),
    );
  for (const { task, owner, taker } of moves.toSorted(compareRanked)) {
    if (board.owner(task) === owner && missing(owner) < 0 && missing(taker) > 0) board.give(task, taker);
  }
}

/** Free moves first, then what is copied already (so that a copy that was begun is finished), partitions of all sub-topologies in turn. */
function costOf(task: CatalogTask, owner: Candidate, taker: Candidate): readonly number[] {
  const isFree = taker.isCaughtUp(task);
  const { partition, subTopology } = task.id;
  return [isFree ? 0 : 1, owner.runs(task) ? 1 : 0, taker.rank(task), isFree ? 0 : taker.lag(task), partition, subTopology];
}
