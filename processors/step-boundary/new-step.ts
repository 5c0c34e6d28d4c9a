import type { CaptureEvent, Point, Target } from '../../schemas/types/capture-event.ts';
import type { StepKind } from '../../schemas/types/guide.ts';
import type { SessionInfo, SessionMessage } from '../model.ts';
import { stepIdOf, withSeqs, type Press, type TrackedStep } from './step-state.ts';

export type EventMessage = Extract<SessionMessage, { type: 'event' }>;

/** Until when a step may be amended before it counts as final; a later amendment makes it provisional again. */
export const holdMs = 500;

/** What a rule says of a step that begins. */
export interface StepSeed {
  readonly kind: StepKind;
  readonly elementKey?: string;
  readonly target?: Target | undefined;
  readonly value?: string | undefined;
  readonly click?: Point | undefined;
  readonly page?: { readonly url: string; readonly title: string } | undefined;
  /** The step began with an earlier event than the current one. */
  readonly since?: Press | undefined;
  /** Open until another step begins, as typing is; else held for `holdMs`. */
  readonly isOpenEnded?: boolean;
  readonly hadText?: boolean;
}

interface NewStep {
  readonly session: SessionInfo;
  readonly seed: StepSeed;
  readonly message: EventMessage;
  readonly index: number;
  readonly page: { readonly url: string; readonly title: string } | undefined;
}

export function newStep({ session, seed, message, index, page }: NewStep): TrackedStep {
  const { event, atMs } = message;
  const start = startOf(seed.since, message);
  return {
    stepId: stepIdOf(session, start.order),
    index,
    order: start.order,
    kind: seed.kind,
    elementKey: seed.elementKey ?? '',
    ...defined({
      target: seed.target,
      value: seed.value,
      click: seed.click,
      page: seed.page ?? start.page ?? pageOf(event) ?? page,
      hadText: seed.hadText,
      holdUntilMs: seed.isOpenEnded === true ? undefined : atMs + holdMs,
    }),
    atMs: start.atMs - session.openedAtMs,
    lastAtMs: atMs,
    seqs: start.seqs,
    state: 'provisional',
  };
}

interface Start {
  readonly order: number;
  readonly atMs: number;
  readonly seqs: readonly number[];
  readonly page?: { readonly url: string; readonly title: string } | undefined;
}

/** A press that is a step without its click is settled by an event that is no part of it. */
function startOf(since: Press | undefined, { ordinal, atMs, event }: EventMessage): Start {
  if (since === undefined) return { order: ordinal, atMs, seqs: [event.seq] };
  const seqs = since.upAtMs === undefined ? withSeqs([since.seq], event.seq) : [since.seq];
  return { order: since.ordinal, atMs: since.atMs, seqs, page: since.page };
}

export function pageOf(event: CaptureEvent): { readonly url: string; readonly title: string } | undefined {
  return event.page === undefined ? undefined : { url: event.page.url, title: event.page.title };
}

/** The fields that are not undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const out: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const name in fields) if (fields[name] !== undefined) Object.assign(out, { [name]: fields[name] });
  return out;
}
