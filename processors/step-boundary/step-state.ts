import { createHash } from 'node:crypto';
import type { Point, Screenshot, Target } from '../../schemas/types/capture-event.ts';
import type { Revision, StepKind } from '../../schemas/types/guide.ts';
import type { SessionInfo, StepDraft } from '../model.ts';

/** A step with what is needed to amend it. */
export interface TrackedStep {
  readonly stepId: string;
  /** Place in the tail, 0, 1, 2 … a session. */
  readonly index: number;
  /** Session ordinal of its first event. */
  readonly order: number;
  readonly kind: StepKind;
  /** Which element, as `elementKey` says; empty when it is about none. */
  readonly elementKey: string;
  readonly target?: Target;
  readonly value?: string;
  readonly page?: { readonly url: string; readonly title: string };
  readonly click?: Point;
  readonly before?: Screenshot;
  readonly after?: Screenshot;
  readonly shotMissing?: string;
  /** Milliseconds since the session opened. */
  readonly atMs: number;
  /** Event time of the last event that is part of it. */
  readonly lastAtMs: number;
  /** Events that belong to it: a picture of one of them is a picture of the step. The first few and the last, when there are many. */
  readonly seqs: readonly number[];
  /** Final from this event time on; undefined: until another step begins. */
  readonly holdUntilMs?: number;
  readonly state: 'provisional' | 'final' | 'removed';
  /** Typing that began with text and ended without is nothing; typing that only took text away is clearing. */
  readonly hadText?: boolean;
}

/** A pointer that went down and was not yet a click. */
export interface Press {
  readonly elementKey: string;
  readonly target?: Target;
  readonly page?: { readonly url: string; readonly title: string };
  readonly at: Point;
  readonly isLeft: boolean;
  readonly seq: number;
  readonly ordinal: number;
  readonly atMs: number;
  /** When it came up on the same element, near by; then it is a click that the page took away from the browser. */
  readonly upAtMs?: number;
  readonly wasDrag?: boolean;
  /** Its element changed before its click came: the step is there already. */
  readonly isStep?: boolean;
}

/**
 * What step-boundary keeps of a session under its key. Flat: the newest step, a press, and a few pictures that came before their step.
 * Older steps stand one by one in the tail, which is bounded. Version 1.
 */
export interface BoundaryState {
  /** Of the last applied event (T4). */
  readonly ordinal: number;
  /** Holds that ran out since that event (T4). */
  readonly timer: number;
  readonly nextIndex: number;
  readonly page?: { readonly url: string; readonly title: string };
  readonly windowTitle?: string;
  readonly last?: TrackedStep;
  readonly press?: Press;
  readonly typed?: { readonly elementKey: string; readonly value?: string };
  /** Event time of the last thing the person did: what causes navigations. */
  readonly actedAtMs?: number;
  /** Event time of the last arrival at a page. */
  readonly arrivedAtMs?: number;
  readonly openedTabId?: string;
  readonly earlyShots: readonly Screenshot[];
}

export const emptyBoundaryState: BoundaryState = { ordinal: 0, timer: 0, nextIndex: 0, earlyShots: [] };

/** Steps that are no longer the newest, for late pictures and undo. Backed by a store of the task. */
export interface StepTail {
  get(index: number): TrackedStep | undefined;
  put(index: number, step: TrackedStep): void;
  delete(index: number): void;
}

/** Steps that a late picture or an undo can still reach. */
export const tailLength = 128;

const maxFirstSeqs = 4;
const maxSeqs = 24;

export function withSeqs(seqs: readonly number[], ...more: readonly number[]): readonly number[] {
  const all = [...seqs, ...more.filter((seq) => !seqs.includes(seq))];
  return all.length <= maxSeqs ? all : [...all.slice(0, maxFirstSeqs), ...all.slice(all.length - maxSeqs + maxFirstSeqs)];
}

/** Ids are the same in every run of the same recording (T1). */
export function stepIdOf(session: SessionInfo, ordinal: number): string {
  return createHash('sha256').update(`${session.tenantId}/${session.sessionId}/${ordinal}`).digest('hex').slice(0, 24);
}

export function draftOf(step: TrackedStep, revision: Revision): StepDraft {
  const shot = shotOf(step);
  return {
    stepId: step.stepId,
    revision,
    state: step.state,
    order: step.order,
    kind: step.kind,
    ...(step.target === undefined ? {} : { target: step.target }),
    ...(step.value === undefined ? {} : { value: step.value }),
    ...(step.page === undefined ? {} : { page: step.page }),
    ...(step.click === undefined ? {} : { click: step.click }),
    ...(shot === undefined ? {} : { shot }),
    ...(shot !== undefined || step.shotMissing === undefined ? {} : { shotMissing: step.shotMissing }),
    atMs: step.atMs,
  };
}

/** Kinds whose picture must show the result: a tick, the typed text. All others show the page before it changed. */
const shownAfter: ReadonlySet<StepKind> = new Set(['check', 'uncheck', 'type', 'secret', 'select', 'file']);

function shotOf(step: TrackedStep): Screenshot | undefined {
  return shownAfter.has(step.kind) ? (step.after ?? step.before) : (step.before ?? step.after);
}
