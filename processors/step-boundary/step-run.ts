import type { Screenshot } from '../../schemas/types/capture-event.ts';
import type { Revision, StepKind } from '../../schemas/types/guide.ts';
import type { DraftMessage, SessionInfo } from '../model.ts';
import { holdMs, newStep, type EventMessage, type StepSeed } from './new-step.ts';
import { draftOf, tailLength, withSeqs, type BoundaryState, type Press, type StepTail, type TrackedStep } from './step-state.ts';

export interface TimedDraft {
  readonly atMs: number;
  readonly message: DraftMessage;
}

/**
 * One message's work on a session's steps. Rules call it; nothing else changes the state. Invariants:
 * - B1 there is one newest step; only it is amended by rules, older ones only by pictures and undo;
 * - B2 at most one draft a step and revision leaves: a later one of the same event outranks it by `final`;
 * - B3 a hold runs out by the time of the next record, before that record is looked at (T2).
 */
export class StepRun {
  readonly session: SessionInfo;
  readonly #tail: StepTail;
  readonly #out: TimedDraft[] = [];
  /** Steps that became final with this record. */
  readonly #settled = new Set<number>();
  state: BoundaryState;

  constructor(session: SessionInfo, state: BoundaryState, tail: StepTail) {
    this.session = session;
    this.state = state;
    this.#tail = tail;
  }

  out(): readonly TimedDraft[] {
    return this.#out;
  }

  pass(atMs: number, message: DraftMessage): void {
    this.#out.push({ atMs, message });
  }

  /** B3. */
  expireHold(nowMs: number): void {
    const { last, timer } = this.state;
    if (last?.state !== 'provisional' || last.holdUntilMs === undefined || last.holdUntilMs > nowMs) return;
    this.state = { ...this.state, timer: timer + 1 };
    const revision = { ordinal: this.state.ordinal, timer: timer + 1, final: true };
    const final: TrackedStep = { ...last, state: 'final' };
    this.#store(final, revision, last.holdUntilMs);
    this.lendPicture(final, revision, last.holdUntilMs);
  }

  /** The event whose rules run now. */
  advance(ordinal: number): void {
    this.state = { ...this.state, ordinal, timer: 0 };
  }

  begin(seed: StepSeed, message: EventMessage): void {
    const index = this.state.nextIndex;
    this.finalizeLast(message.atMs);
    const step = this.#adoptShots(newStep({ session: this.session, seed, message, index, page: this.state.page }));
    this.#tail.delete(index - tailLength);
    this.state = { ...this.state, nextIndex: index + 1, actedAtMs: message.atMs };
    this.#emitNewest(step, message);
  }

  /** Changes the newest step; the event, and the press it ends, become part of it. */
  amend(change: Partial<TrackedStep>, message: EventMessage, press?: Press): void {
    const { last } = this.state;
    if (last === undefined) return;
    const { atMs, event } = message;
    const isOpenEnded = last.holdUntilMs === undefined && !('holdUntilMs' in change);
    const hold = isOpenEnded ? {} : { holdUntilMs: atMs + holdMs };
    const seqs = withSeqs(last.seqs, ...(press === undefined ? [] : [press.seq]), event.seq);
    const step: TrackedStep = { ...last, ...change, ...hold, lastAtMs: atMs, seqs, state: 'provisional' };
    this.state = { ...this.state, actedAtMs: atMs };
    this.#emitNewest(this.#adoptShots(step), message);
  }

  /** Before the newest step is amended to one that has another value, or none. */
  dropValue(): void {
    const { last } = this.state;
    if (last === undefined) return;
    const { value: _value, ...rest } = last;
    this.state = { ...this.state, last: rest };
  }

  /** The event, and the press it ends, are part of the newest step and change nothing but perhaps its picture. */
  extend(message: EventMessage, press?: Press): void {
    const { last } = this.state;
    if (last === undefined) return;
    const seqs = withSeqs(last.seqs, ...(press === undefined ? [] : [press.seq]), message.event.seq);
    const extended = { ...last, seqs, lastAtMs: message.atMs };
    this.state = { ...this.state, last: extended };
    const adopted = this.#adoptShots(extended);
    if (adopted !== extended) this.decorate(adopted, {}, message.atMs);
  }

  finalizeLast(atMs: number): void {
    const { last, ordinal } = this.state;
    if (last === undefined) return;
    const settled: TrackedStep = { ...last, state: last.state === 'provisional' ? settledState(last) : last.state };
    if (last.state === 'provisional') {
      const revision = { ordinal, timer: 0, final: true };
      this.#settled.add(last.index);
      this.#store(settled, revision, atMs);
      this.lendPicture(settled, revision, atMs);
    }
    this.#tail.put(settled.index, settled);
  }

  /** References to elements hold within a page: after this nothing merges with what was before. */
  leavePage(atMs: number): void {
    this.finalizeLast(atMs);
    const { typed: _typed, ...rest } = this.state;
    this.state = rest.last === undefined ? rest : { ...rest, last: { ...rest.last, elementKey: '' } };
  }

  remove(step: TrackedStep, atMs: number): void {
    const revision: Revision = { ordinal: this.state.ordinal, timer: 0, final: true };
    this.#store({ ...step, state: 'removed' }, revision, atMs);
    if (this.state.last?.index !== step.index) return;
    this.#tail.put(step.index, { ...step, state: 'removed' });
    const { last: _removed, actedAtMs: _acted, typed: _typed, ...rest } = this.state;
    this.state = rest;
  }

  /** A picture or the lack of one, for a step that may be old. */
  decorate(step: TrackedStep, change: Partial<TrackedStep>, atMs: number): void {
    const isFinal = step.state === 'final';
    this.#store({ ...step, ...change }, { ordinal: this.state.ordinal, timer: 0, final: isFinal }, atMs);
  }

  /**
   * The picture of a final step, for the step before it as well when that one opened the page or typed and has none. Not earlier: redaction learns from the step what
   * to cover, and must know it before the same picture stands for another step.
   */
  lendPicture(step: TrackedStep, revision: Revision, atMs: number): void {
    const opener = this.#tail.get(step.index - 1);
    const picture = opener === undefined ? undefined : pictureFor(opener, step);
    // B2: an opener that became final with this very record keeps its draft.
    if (opener === undefined || picture === undefined || this.#settled.has(opener.index)) return;
    this.#store({ ...opener, ...picture }, revision, atMs);
  }

  /** Newest first; removed steps left out. */
  *recent(): Generator<TrackedStep> {
    const { last, nextIndex } = this.state;
    if (last !== undefined && last.state !== 'removed') yield last;
    const newestOld = last === undefined ? nextIndex - 1 : last.index - 1;
    for (let index = newestOld; index >= Math.max(0, nextIndex - tailLength); index -= 1) {
      const step = this.#tail.get(index);
      if (step !== undefined && step.state !== 'removed') yield step;
    }
  }

  #emitNewest(step: TrackedStep, message: EventMessage): void {
    this.state = { ...this.state, last: step };
    this.#store(step, { ordinal: this.state.ordinal, timer: 0, final: false }, message.atMs);
  }

  #store(step: TrackedStep, revision: Revision, atMs: number): void {
    if (this.state.last?.index === step.index) this.state = { ...this.state, last: step };
    else this.#tail.put(step.index, step);
    this.#out.push({ atMs, message: { type: 'step', session: this.session, step: draftOf(step, revision) } });
  }

  /** Pictures of an event that came before the event was known to be a step: of a pointer going down, say. */
  #adoptShots(step: TrackedStep): TrackedStep {
    const { earlyShots } = this.state;
    const own = earlyShots.filter((shot) => step.seqs.includes(shot.ofSeq));
    if (own.length === 0) return step;
    this.state = { ...this.state, earlyShots: earlyShots.filter((shot) => !own.includes(shot)) };
    return own.reduce(withShot, step);
  }
}

/** What was typed and taken away again never was. */
function settledState(step: TrackedStep): TrackedStep['state'] {
  return step.kind === 'type' && step.value === '' && step.hadText === true ? 'removed' : 'final';
}

/** No picture is taken when a page is opened, nor of typing whose field goes away with the key that ends it: the first one of what is done next shows both. */
const lentKinds: ReadonlySet<StepKind> = new Set(['navigate', 'tab', 'type']);

function pictureFor(opener: TrackedStep, next: TrackedStep): Pick<TrackedStep, 'after'> | undefined {
  const isOpener = lentKinds.has(opener.kind) && opener.state !== 'removed';
  if (!isOpener || next.before === undefined || opener.before !== undefined || opener.after !== undefined) return undefined;
  return opener.page?.url === next.page?.url ? { after: next.before } : undefined;
}

/** The first picture from before, the last from after. */
export function withShot(step: TrackedStep, shot: Screenshot): TrackedStep {
  return shot.phase === 'before' ? { ...step, before: step.before ?? shot } : { ...step, after: shot };
}
