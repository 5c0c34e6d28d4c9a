import { best, type Candidate } from './candidate.ts';
import type { CatalogTask } from './task-catalog.ts';

/**
 * Chooses `standbyCount` members for each task that has state: never the owner, nor another thread of its process, other hosts first, who has a
 * copy already, then the least loaded. Fewer when there are fewer members.
 */
export function chooseStandbys(
  owners: ReadonlyMap<CatalogTask, Candidate>,
  candidates: readonly Candidate[],
  standbyCount: number,
): ReadonlyMap<CatalogTask, readonly Candidate[]> {
  const able = candidates.filter(({ hasData }) => hasData);
  const loads = new Map<Candidate, number>();
  const shareCount = Math.ceil((owners.size * standbyCount) / Math.max(1, able.length));
  const chosen = new Map<CatalogTask, readonly Candidate[]>();
  for (const [task, owner] of owners) {
    const members: Candidate[] = [];
    while (members.length < standbyCount) {
      const taken = [owner, ...members];
      const usedHosts = new Set(taken.map(hostOf));
      const left = able.filter((candidate) => candidate.mayRun(task) && !taken.some((one) => isSameProcess(one, candidate)));
      const next = best(left, (candidate) => {
        const load = loads.get(candidate) ?? 0;
        return [
          usedHosts.has(hostOf(candidate)) ? 1 : 0,
          load >= shareCount ? 1 : 0,
          stickiness(candidate, task),
          load,
          candidate.lag(task),
        ];
      });
      if (next === undefined) break;
      members.push(next);
      loads.set(next, (loads.get(next) ?? 0) + 1);
    }
    chosen.set(task, members);
  }
  return chosen;
}

/** Who runs or copies it now has it open; a closed folder is worth something while it is not far behind. */
function stickiness(candidate: Candidate, task: CatalogTask): number {
  const rank = candidate.rank(task);
  if (rank <= 1) return 0;
  return rank === 2 && candidate.isCaughtUp(task) ? 1 : 2;
}

/** Members at one address are threads of one process, which die together. */
function isSameProcess(left: Candidate, right: Candidate): boolean {
  return left === right || (left.host !== '' && left.host === right.host);
}

/** Without the port; a member that advertises nothing is a host of its own. */
function hostOf({ host, memberId }: Candidate): string {
  return host === '' ? `member ${memberId}` : host.replace(/:\d+$/, '');
}
