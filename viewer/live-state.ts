import type { Revision, SessionUpsert, StepUpsert } from '../schemas/types/guide.ts';

export type LiveStep = Omit<StepUpsert, 'tenantId' | 'sessionId'>;
export type LiveSession = Omit<SessionUpsert, 'tenantId' | 'revision'>;

/** What the live socket sends; see docs/api.md. */
export type LiveMessage =
  | {
      readonly type: 'snapshot' | 'resumed';
      readonly epoch: string;
      readonly offset: string;
      readonly session: LiveSession;
      readonly steps: readonly LiveStep[];
    }
  | { readonly type: 'upserts'; readonly offset: string; readonly steps: readonly LiveStep[]; readonly session?: LiveSession }
  | { readonly type: 'waiting' }
  | { readonly type: 'gone' };

/** What a watcher knows of a running recording. */
export interface LiveState {
  readonly status: 'connecting' | 'waiting' | 'watching' | 'gone';
  readonly session: LiveSession | undefined;
  readonly steps: ReadonlyMap<string, LiveStep>;
  /** Where to go on after a reconnect: everything before it is in `steps`. */
  readonly position: { readonly epoch: string; readonly offset: string } | undefined;
}

export const emptyLiveState: LiveState = { status: 'connecting', session: undefined, steps: new Map(), position: undefined };

/** The next state. A newer revision replaces an older one and never the reverse (T4), so what arrives twice changes nothing. */
export function applyMessage(state: LiveState, message: LiveMessage): LiveState {
  switch (message.type) {
    case 'waiting':
      return { ...state, status: 'waiting' };
    case 'gone':
      return { ...emptyLiveState, status: 'gone' };
    case 'snapshot':
      return joined(new Map(), message);
    case 'resumed':
      return joined(state.steps, message);
    case 'upserts': {
      const position = state.position === undefined ? undefined : { ...state.position, offset: message.offset };
      return { ...state, session: message.session ?? state.session, steps: withSteps(state.steps, message.steps), position };
    }
  }
}

function joined(standing: LiveState['steps'], message: Extract<LiveMessage, { epoch: string }>): LiveState {
  const { epoch, offset, session, steps } = message;
  return { status: 'watching', session, steps: withSteps(standing, steps), position: { epoch, offset } };
}

function withSteps(standing: LiveState['steps'], steps: readonly LiveStep[]): LiveState['steps'] {
  const next = new Map(standing);
  for (const step of steps) {
    const known = next.get(step.stepId);
    if (known === undefined || compareRevisions(step.revision, known.revision) > 0) next.set(step.stepId, step);
  }
  return next;
}

/** Steps in the guide's order, removed ones left out. */
export function shownSteps(state: LiveState): LiveStep[] {
  return [...state.steps.values()]
    .filter((step) => step.state !== 'removed')
    .sort((a, b) => a.order - b.order || (a.stepId < b.stepId ? -1 : 1));
}

/** The order of schemas/revision.ts, once more: pages are served from their own folder and can load nothing beside it. */
function compareRevisions(a: Revision, b: Revision): number {
  return (
    a.ordinal - b.ordinal || a.timer - b.timer || Number(a.final) - Number(b.final) || Number(b.ahead === true) - Number(a.ahead === true)
  );
}
