import type { HumanEdit, TitleAnswer } from '../../schemas/types/capture-event.ts';
import type { Revision, SessionUpsert } from '../../schemas/types/guide.ts';
import type { FactMessage, OutputMessage, SafeMessage, SafeStep, SessionChanged } from '../model.ts';
import { isNewer } from '../../schemas/revision.ts';
import { buildGuide, hashOfGuide, isShown, upsertAhead, upsertOfStep } from './guide-document.ts';
import { acceptAnswer, guideRequest, stepRequest } from './model-request.ts';
import { fold, shorten } from './phrases.ts';
import { stepTitle } from './step-title.ts';
import type { StepShelf, TitledStep, TitleOptions, TitleState } from './title-state.ts';

export interface TitleResult {
  readonly state: TitleState;
  readonly out: readonly OutputMessage[];
}

/**
 * Names steps and guides and writes what the views show. Pure but for `shelf`, which holds the session's steps. Invariants:
 * - G1 a guide leaves only with a message that says the session is closed; sessionize sends one after every record of a closed session, so
 *   each ordinal has at most one guide;
 * - G2 a human's words win over a model's, a model's over the rule; a later change of the step keeps them;
 * - G3 a blocked session shows no step;
 * - G4 what is sent ahead of pictures changes no state but the mark that it was sent: guides do not depend on it (T1);
 * - G5 the revisions of one step leave in rising order, so what was taken back ahead of a picture does not come again with it.
 */
export function title(before: TitleState | undefined, message: SafeMessage, shelf: StepShelf, options: TitleOptions): TitleResult {
  const run = new Run(before ?? { session: message.session, requestCount: 0 }, shelf, options);
  if (message.type === 'step') run.step(message.step);
  else if (message.type === 'ahead') run.ahead(message.step);
  else if (message.type === 'fact') run.fact(message);
  else run.session(message);
  return run.result();
}

class Run {
  #state: TitleState;
  readonly #shelf: StepShelf;
  readonly #options: TitleOptions;
  readonly #out: OutputMessage[] = [];

  constructor(state: TitleState, shelf: StepShelf, options: TitleOptions) {
    this.#state = state;
    this.#shelf = shelf;
    this.#options = options;
  }

  result(): TitleResult {
    return { state: this.#state, out: this.#out };
  }

  step(step: SafeStep): void {
    const known = this.#shelf.get(step.order, step.stepId);
    const entry = this.#asked({ ...known, step });
    this.#shelf.put(entry);
    this.#emitStep(entry, step.revision);
  }

  /** G4. Nothing is sent when the step itself came already. */
  ahead(step: SafeStep): void {
    const known = this.#shelf.get(step.order, step.stepId);
    const revision: Revision = { ...step.revision, ahead: true };
    if (!isNewer(revision, known?.step.revision) || !isNewer(revision, this.#shelf.aheadOf(step.order, step.stepId))) return;
    this.#shelf.setAhead(step, revision);
    const entry = this.#current({ ...known, step: withStandingImage(step, known?.step) });
    this.#out.push({ type: 'step', step: upsertAhead(this.#state.session, entry, revision) });
  }

  session(message: SessionChanged): void {
    const { upsert } = message;
    this.#state = { ...this.#state, session: message.session, upsert };
    if (upsert.status === 'blocked') this.#removeAll(upsert.revision);
    const title = message.closed && upsert.status !== 'blocked' ? this.#guide(upsert) : this.#knownTitle();
    this.#out.push({ type: 'session', session: { ...upsert, title } });
  }

  fact({ event, ordinal }: FactMessage): void {
    if (event.edit !== undefined) this.#edit(event.edit, ordinal);
    if (event.answer !== undefined) this.#answer(event.answer, ordinal);
  }

  #knownTitle(): string {
    return this.#state.editedTitle ?? this.#state.modelTitle ?? this.#state.session.title ?? '';
  }

  /** G1. Answers the guide's title. */
  #guide(upsert: SessionUpsert): string {
    const guide = buildGuide(this.#state, this.#shelf, upsert);
    const guideHash = hashOfGuide(guide);
    if (guideHash !== this.#state.guideHash) {
      this.#state = { ...this.#state, guideHash };
      this.#out.push({ type: 'guide', guide });
      this.#askForGuide(guide.steps);
    }
    return guide.title;
  }

  /** G3. */
  #removeAll(revision: Revision): void {
    for (const entry of Array.from(this.#shelf.all()).filter(isShown)) {
      const removed: TitledStep = { ...entry, isDeleted: true };
      this.#shelf.put(removed);
      this.#emitStep(removed, revision);
    }
  }

  #edit(edit: HumanEdit, ordinal: number): void {
    const text = shorten(edit.text ?? '', 2000);
    if (edit.op === 'guide-title')
      this.#state = { ...withoutKey(this.#state, 'editedTitle'), ...(text === '' ? {} : { editedTitle: text }) };
    else if (edit.op === 'guide-summary') {
      this.#state = { ...withoutKey(this.#state, 'editedSummary'), ...(text === '' ? {} : { editedSummary: text }) };
    } else this.#editStep(edit, text, ordinal);
  }

  #editStep(edit: HumanEdit, text: string, ordinal: number): void {
    const entry = this.#find(edit.stepId);
    if (entry === undefined || entry.step.state === 'removed') return;
    const edited = editedEntry(entry, edit.op, text);
    this.#shelf.put(edited);
    this.#emitStep(edited, { ordinal, timer: 0, final: entry.step.state === 'final' });
  }

  /** Edits come at a person's pace and name only the step: a walk through the session's steps. */
  #find(stepId: string | undefined): TitledStep | undefined {
    for (const entry of this.#shelf.all()) if (entry.step.stepId === stepId) return entry;
    return undefined;
  }

  #answer(answer: TitleAnswer, ordinal: number): void {
    const text = acceptAnswer(answer.title);
    if (text === undefined) return;
    if (answer.stepId === undefined) {
      if (answer.requestId === this.#state.guideRequestId) this.#state = { ...this.#state, modelTitle: text };
      return;
    }
    const order = Number(answer.requestId.split('.')[0]);
    const entry = Number.isSafeInteger(order) ? this.#shelf.get(order, answer.stepId) : undefined;
    if (entry === undefined || entry.requestId !== answer.requestId) return;
    const titled: TitledStep = { ...entry, modelTitle: text };
    this.#shelf.put(titled);
    this.#emitStep(titled, { ordinal, timer: 0, final: entry.step.state === 'final' });
  }

  /** A final step is worth a question, once for its content, within the budget. An answer to what the step was before is dropped. */
  #asked(entry: TitledStep): TitledStep {
    const { step } = entry;
    if (!this.#state.session.policy.modelTitles) return entry;
    const request = stepRequest(this.#state.session, step, stepTitle(step));
    const isNews = entry.requestId !== request.requestId;
    const current = isNews ? withoutAnswer(entry) : entry;
    const isWorthIt = isNews && step.state === 'final' && entry.editedTitle === undefined;
    if (!isWorthIt || !this.#mayAsk()) return current;
    this.#ask(() => this.#out.push({ type: 'title-request', request }));
    return { ...current, requestId: request.requestId };
  }

  /** Without a model's title for what the step was before. */
  #current(entry: TitledStep): TitledStep {
    if (entry.modelTitle === undefined) return entry;
    const { requestId } = stepRequest(this.#state.session, entry.step, stepTitle(entry.step));
    return entry.requestId === requestId ? entry : withoutAnswer(entry);
  }

  #askForGuide(steps: Parameters<typeof guideRequest>[1]): void {
    if (steps.length === 0 || this.#state.editedTitle !== undefined || !this.#mayAsk()) return;
    const request = guideRequest(this.#state.session, steps);
    if (request.requestId === this.#state.guideRequestId) return;
    this.#state = { ...withoutKey(this.#state, 'modelTitle'), guideRequestId: request.requestId };
    this.#ask(() => this.#out.push({ type: 'title-request', request }));
  }

  #mayAsk(): boolean {
    const { session, requestCount } = this.#state;
    return session.policy.modelTitles && requestCount < this.#options.requestBudgetCount;
  }

  /** Counted even when this edition does not ask, so that what an answer means does not depend on it. */
  #ask(send: () => void): void {
    this.#state = { ...this.#state, requestCount: this.#state.requestCount + 1 };
    if (this.#options.asksModels) send();
  }

  /** G5. */
  #emitStep(entry: TitledStep, revision: Revision): void {
    const { order, stepId } = entry.step;
    const ahead = this.#shelf.aheadOf(order, stepId);
    if (ahead !== undefined && !isNewer(revision, ahead)) return;
    if (ahead !== undefined) this.#shelf.setAhead(entry.step, undefined);
    this.#out.push({ type: 'step', step: upsertOfStep(this.#state.session, entry, revision) });
  }
}

/** The picture that the step shows already, when it is the answer to the same request. */
function withStandingImage(step: SafeStep, standing: SafeStep | undefined): SafeStep {
  if (standing === undefined || step.pictureId === undefined || standing.pictureId !== step.pictureId) return step;
  const { image, imageMissing } = standing;
  return { ...step, ...(image === undefined ? {} : { image }), ...(imageMissing === undefined ? {} : { imageMissing }) };
}

function withoutAnswer(entry: TitledStep): TitledStep {
  return withoutKey(withoutKey(entry, 'modelTitle'), 'requestId');
}

function editedEntry(entry: TitledStep, op: HumanEdit['op'], text: string): TitledStep {
  if (op === 'delete') return { ...entry, isDeleted: true };
  if (op === 'restore') return withoutKey(entry, 'isDeleted');
  if (op === 'description') return { ...withoutKey(entry, 'editedDescription'), ...(fold(text) === '' ? {} : { editedDescription: text }) };
  return { ...withoutKey(entry, 'editedTitle'), ...(fold(text) === '' ? {} : { editedTitle: text }) };
}

function withoutKey<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _left, ...rest } = value;
  return rest;
}
