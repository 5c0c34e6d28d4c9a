import type { Target } from '../../schemas/types/capture-event.ts';
import type { PictureRequest, SafeStep, StepDraft } from '../model.ts';
import type { RedactionKind } from './kinds.ts';
import {
  pageOf,
  pictureIdOf,
  placesOf,
  withoutStep,
  withPlace,
  withStep,
  type RedactedStep,
  type RedactField,
  type RedactSession,
} from './redact-state.ts';
import { countKinds, type Redactor } from './redactor.ts';
import { maskSecrets, rememberSecret } from './secret-memory.ts';

export interface RedactStepInput {
  /** `tenantId/sessionId`. */
  readonly scope: string;
  readonly step: StepDraft;
  readonly session: RedactSession;
  /** Of the step's target; `emptyField` when it has none. */
  readonly field: RedactField;
}

export interface RedactStepResult {
  readonly redacted: RedactedStep;
  /** Steps that were sent on before their field was known to be protected, without their value now. */
  readonly takenBack: readonly RedactedStep[];
  readonly session: RedactSession;
  readonly field: RedactField;
}

/** The safe form of a step, and what is remembered. The inputs are not changed; an unchanged state is the same object. */
export function redactStep(input: RedactStepInput, redactor: Redactor): RedactStepResult {
  const { step, field, scope } = input;
  const isSecret = step.kind === 'secret' || step.target?.protected === true || field.isProtected;
  const turned = isSecret && !field.isProtected ? field.steps : [];
  const others = turned.filter((one) => one.step.stepId !== step.stepId);
  const learned = [...turned.map((one) => one.step.value ?? ''), ...typedSecret(step, isSecret, redactor)];
  const secrets = learned.reduce((digests, secret) => rememberSecret(scope, digests, secret), input.session.secrets);
  const known = secrets === input.session.secrets ? input.session : { ...input.session, secrets };

  const words = new Words(scope, known, redactor);
  const safe = safeStep(step, { words, isSecret });
  const rect = step.target?.rect;
  const hides = rect !== undefined && (isSecret || words.hidesTarget);
  const session = hides ? withPlace(known, pageOf(step), rect) : known;
  const redacted = withPicture(safe, pictureOf(step, { hidden: hides ? [rect] : [], places: placesOf(session, pageOf(step)) }));
  return {
    redacted,
    session,
    takenBack: others.map((one) => takeBack(one, step)),
    field: nextField(field, redacted, isSecret),
  };
}

/** The text of a field that is protected, or that its name calls a password; once it is whole, not each beginning of it. */
function typedSecret(step: StepDraft, isSecret: boolean, redactor: Redactor): readonly string[] {
  const { value, state, target } = step;
  if (value === undefined || state !== 'final' || isKeyName(step.kind, value)) return [];
  return isSecret || redactor.value(target?.name ?? '', value).found.includes('password') ? [value] : [];
}

/** Redacts the texts of one step and counts what it finds. */
class Words {
  readonly found: RedactionKind[] = [];
  /** Whether something of what the target shows was redacted: then its place in the picture is covered too. */
  hidesTarget = false;
  readonly #scope: string;
  readonly #session: RedactSession;
  readonly #redactor: Redactor;

  constructor(scope: string, session: RedactSession, redactor: Redactor) {
    this.#scope = scope;
    this.#session = session;
    this.#redactor = redactor;
  }

  text(text: string): string {
    return this.#masked(this.#redactor.text(text));
  }

  url(url: string): string {
    return this.#masked(this.#redactor.url(url));
  }

  shownByTarget(redact: () => string): string {
    const before = this.found.length;
    const text = redact();
    if (this.found.length > before) this.hidesTarget = true;
    return text;
  }

  value(name: string, value: string): string {
    return this.#masked(this.#redactor.value(name, value));
  }

  #masked({ text, found }: { readonly text: string; readonly found: readonly RedactionKind[] }): string {
    const masked = maskSecrets(this.#scope, this.#session.secrets, text);
    this.found.push(...found);
    for (let index = 0; index < masked.count; index += 1) this.found.push('password');
    return masked.text;
  }
}

function safeStep(step: StepDraft, { words, isSecret }: { readonly words: Words; readonly isSecret: boolean }): SafeStep {
  const { stepId, revision, state, order, atMs, shotMissing, target, value, page, kind } = step;
  const typed = kind === 'type' || kind === 'secret';
  if (isSecret && typed) words.found.push('password');
  const safeTarget = safeTargetOf(target, words, isSecret);
  const hidden = isSecret && !isKeyName(kind, value);
  const safeValue = hidden || value === undefined ? undefined : words.shownByTarget(() => words.value(target?.name ?? '', value));
  const where = safeWhere(page, shotMissing, words);
  // Field by field: what a draft may hold one day does not go on by itself.
  return {
    stepId,
    revision,
    state,
    order,
    atMs,
    kind: isSecret && typed ? 'secret' : kind,
    target: safeTarget,
    ...(safeValue === undefined ? {} : { value: safeValue }),
    ...where,
    redactions: countKinds(words.found),
  };
}

function safeWhere(page: StepDraft['page'], shotMissing: string | undefined, words: Words): Pick<SafeStep, 'page' | 'imageMissing'> {
  return {
    ...(page === undefined ? {} : { page: { url: words.url(page.url), title: words.text(page.title) } }),
    ...(shotMissing === undefined ? {} : { imageMissing: words.text(shotMissing) }),
  };
}

/** Enter, Tab, Control+V say nothing of what was typed; a letter does. */
function isKeyName(kind: StepDraft['kind'], value: string | undefined): boolean {
  if (kind !== 'press' && kind !== 'shortcut') return false;
  const keys = (value ?? '').split('+');
  return (keys.at(-1) ?? '').length > 1 || keys.includes('Control') || keys.includes('Meta');
}

/** A protected field is never called by its value. */
function safeTargetOf(target: Target | undefined, words: Words, isSecret: boolean): SafeStep['target'] {
  if (target === undefined) return { name: '', role: '' };
  const { name, role, nameSource, context } = target;
  const isNamedByValue = isSecret && nameSource === 'value';
  return {
    name: isNamedByValue ? '' : words.shownByTarget(() => words.text(name)),
    role,
    ...(context === undefined ? {} : { context: words.text(context) }),
    ...(nameSource === undefined ? {} : { nameSource: isNamedByValue ? 'none' : nameSource }),
  };
}

function pictureOf(
  { shot, state, click, target }: StepDraft,
  covered: Pick<PictureRequest, 'hidden' | 'places'>,
): PictureRequest | undefined {
  if (shot === undefined || state === 'removed') return undefined;
  const highlight = target?.rect;
  return { shot, ...(click === undefined ? {} : { click }), ...(highlight === undefined ? {} : { highlight }), ...covered };
}

function withPicture(step: SafeStep, picture: PictureRequest | undefined): RedactedStep {
  return picture === undefined ? { step } : { step: { ...step, pictureId: pictureIdOf(picture) }, picture };
}

function nextField(field: RedactField, redacted: RedactedStep, isSecret: boolean): RedactField {
  if (isSecret) return field.isProtected ? field : { isProtected: true, steps: [] };
  if (redacted.step.state === 'removed') return withoutStep(field, redacted.step.stepId);
  return redacted.step.value === undefined ? field : withStep(field, redacted);
}

/** The same step as a secret one, newer than it was (T4), with its field covered in its picture. */
function takeBack({ step, picture }: RedactedStep, cause: StepDraft): RedactedStep {
  const { value: _value, image: _image, pictureId: _pictureId, ...rest } = step;
  const taken: SafeStep = {
    ...rest,
    kind: step.kind === 'type' ? 'secret' : step.kind,
    revision: { ...cause.revision, final: step.revision.final },
    redactions: countKinds(['password'], step.redactions),
  };
  const field = picture?.highlight;
  return withPicture(taken, picture === undefined || field === undefined ? picture : { ...picture, hidden: [...picture.hidden, field] });
}
