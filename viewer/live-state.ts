import type { Revision, SessionUpsert, StepUpsert } from '../schemas/types/guide.ts';

/** What a watcher knows of a running recording. Changed only by `applyUpserts`; showing it is somebody else's work. */
export interface LiveState {
  readonly session: SessionUpsert | undefined;
  readonly steps: ReadonlyMap<string, StepUpsert>;
}

export const emptyLiveState: LiveState = { session: undefined, steps: new Map() };

/** A newer revision replaces an older one and never the reverse (T4), so what arrives twice or late changes nothing. */
export function applyUpserts(state: LiveState, steps: readonly StepUpsert[], session?: SessionUpsert): LiveState {
  const next = new Map(state.steps);
  for (const step of steps) {
    const standing = next.get(step.stepId);
    if (standing === undefined || compareRevisions(step.revision, standing.revision) > 0) next.set(step.stepId, step);
  }
  const isNewer = session !== undefined && (state.session === undefined || compareRevisions(session.revision, state.session.revision) > 0);
  return { session: isNewer ? session : state.session, steps: next };
}

/** Steps in the guide's order, removed ones left out. */
export function shownSteps(state: LiveState): StepUpsert[] {
  return [...state.steps.values()]
    .filter((step) => step.state !== 'removed')
    .sort((a, b) => a.order - b.order || (a.stepId < b.stepId ? -1 : 1));
}

function compareRevisions(a: Revision, b: Revision): number {
  return a.ordinal - b.ordinal || a.timer - b.timer || Number(a.final) - Number(b.final);
}
