import type { CaptureEvent, Input, Target } from '../../../schemas/types/capture-event.ts';
import type { StepKind } from '../../../schemas/types/guide.ts';
import { elementKeyOf, isOption, isTextField, isToggle } from '../element-kinds.ts';
import { holdMs, type EventMessage, type StepSeed } from '../new-step.ts';
import type { StepRun } from '../step-run.ts';
import type { Press, TrackedStep } from '../step-state.ts';

/** `input` and `change`: what became of a field. */
export function onInput(run: StepRun, message: EventMessage): void {
  const { input, target } = message.event;
  if (input === undefined || target === undefined) return;
  if (input.valueClass === 'boolean') return toggled(run, message, input);
  if (input.valueClass === 'choice') return chosen(run, message, input);
  if (input.valueClass === 'file') return onFile(run, message);
  if (message.event.kind === 'change' && isCompletion(run, message, input)) return chosen(run, message, input);
  if (message.event.kind === 'change' && isKnown(run, message)) return;
  typed(run, message, input);
}

/** What sets a field's value is one step with what was done to it before: a click into it, a slider's drag. */
const fieldKinds: ReadonlySet<StepKind> = new Set(['click', 'drag', 'type', 'secret']);

/** One field, one step, whatever the pauses and whatever was clicked inside it. */
function typed(run: StepRun, message: EventMessage, input: Input): void {
  const { target } = message.event;
  const elementKey = keyOf(message.event);
  const isSecret = input.valueClass === 'secret' || target?.protected === true;
  const content = isSecret ? ({ kind: 'secret' } as const) : ({ kind: 'type', value: input.text ?? '' } as const);
  const hasText = content.value !== '';
  run.state = { ...run.state, typed: { elementKey, ...(content.value === undefined ? {} : { value: content.value }) } };
  const { last } = run.state;
  const isSame = isLive(last) && last.elementKey === elementKey && fieldKinds.has(last.kind);
  const press = takeSettingPress(run, message.event);
  if (!isSame) return run.begin({ ...content, target, elementKey, isOpenEnded: true, hadText: hasText, ...pressed(press) }, message);
  run.dropValue();
  run.amend({ ...content, hadText: (last.hadText ?? false) || hasText, ...named(target, last) }, message, press);
}

/** A slider takes its value while it is pressed: the press is this step, and its click the end of it. */
function takeSettingPress(run: StepRun, event: CaptureEvent): Press | undefined {
  const { press } = run.state;
  if (press === undefined || press.elementKey !== keyOf(event) || isTextField(event.target)) return undefined;
  run.state = { ...run.state, press: { ...press, isStep: true } };
  return press;
}

function pressed(press: Press | undefined): Pick<StepSeed, 'since' | 'click'> {
  if (press === undefined) return {};
  const { upAtMs: _up, ...since } = press;
  return { since, click: press.at };
}

/** Enter in a field that then says more than what was typed into it: a suggestion was chosen. */
function isCompletion(run: StepRun, message: EventMessage, input: Input): boolean {
  const { typed: known, last } = run.state;
  if (!isLive(last) || last.kind !== 'press' || last.value !== 'Enter' || last.elementKey !== keyOf(message.event)) return false;
  if (known?.elementKey !== last.elementKey || message.atMs - last.lastAtMs > completedWithinMs) return false;
  return completes(known.value ?? '', input.text ?? '');
}

const completedWithinMs = 1_000;

/** What was typed stands in it, and so do letters more: `1000` that becomes `1,000.00` was formatted. */
function completes(typedText: string, text: string): boolean {
  const [part, whole] = [typedText, text].map((one) => one.trim().toLowerCase());
  if (part === undefined || whole === undefined || part === '' || !whole.includes(part)) return false;
  return /\p{L}/u.test(whole.replace(part, ''));
}

/** A `change` that commits what was typed, or that a script caused after another step began. */
function isKnown(run: StepRun, message: EventMessage): boolean {
  const { typed: known, last } = run.state;
  const { input } = message.event;
  if (known === undefined || known.elementKey !== keyOf(message.event)) return false;
  if (last?.elementKey !== known.elementKey) return true;
  const isSame = input?.valueClass === 'secret' || known.value === (input?.text ?? '');
  if (isSame) run.extend(message);
  return isSame || !fieldKinds.has(last.kind);
}

function toggled(run: StepRun, message: EventMessage, input: Input): void {
  const { event } = message;
  const kind: StepKind = input.checked === false ? 'uncheck' : 'check';
  const elementKey = keyOf(event);
  const { last } = run.state;
  if (isLive(last) && isCauseOf(last, elementKey, message)) {
    run.dropValue();
    return run.amend({ kind, elementKey, ...named(event.target, last) }, message);
  }
  run.begin({ kind, target: event.target, elementKey }, message);
}

/** The click, or the key, on the toggle itself or on its label. */
function isCauseOf(last: TrackedStep, elementKey: string, message: EventMessage): boolean {
  if (last.kind !== 'click' && last.kind !== 'press') return false;
  if (last.elementKey === elementKey) return true;
  const isNear = message.atMs - last.lastAtMs <= holdMs;
  const isLabel = last.target?.tag === 'label' || (last.target?.name ?? '') === message.event.target?.name;
  return isNear && isLabel && !isToggle(last.target);
}

function chosen(run: StepRun, message: EventMessage, input: Input): void {
  const value = input.text ?? '';
  const { last, press } = run.state;
  if (press !== undefined && isChosenOption(press.target, value)) return optionPressed(run, message, press);
  const target = message.event.target;
  const elementKey = keyOf(message.event);
  if (isLive(last) && last.elementKey === elementKey && choosingKinds.has(last.kind)) return run.amend({ kind: 'select', value }, message);
  if (isLive(last) && isOptionClick(last, value, message)) return run.amend(inList(last.target, target), message);
  run.begin({ kind: 'select', target, elementKey, value, isOpenEnded: true }, message);
}

const choosingKinds: ReadonlySet<StepKind> = new Set(['click', 'select', 'press']);

function isChosenOption(target: Target | undefined, value: string): boolean {
  return target !== undefined && isOption(target) && value.includes(target.name);
}

function isOptionClick(last: TrackedStep, value: string, message: EventMessage): boolean {
  return last.kind === 'select' && isChosenOption(last.target, value) && message.atMs - last.lastAtMs <= holdMs;
}

/** A list that shows its options changes before the click on the option arrives: that click is the end of this step. */
function optionPressed(run: StepRun, message: EventMessage, press: Press): void {
  const { elementKey, target } = press;
  run.begin({ kind: 'select', value: target?.name, elementKey, ...inList(target, message.event.target), ...pressed(press) }, message);
  run.state = { ...run.state, press: { ...press, isStep: true } };
}

const maxListNameLength = 40;

/** The option names the step, unless the list has a short name to say it in. */
function inList(option: Target | undefined, list: Target | undefined): { readonly target?: Target } {
  const isNamed = list !== undefined && list.name !== '' && list.name.length <= maxListNameLength;
  const target = isNamed ? list : option;
  return target === undefined ? {} : { target };
}

export function onFile(run: StepRun, message: EventMessage): void {
  const { event } = message;
  const elementKey = keyOf(event);
  const { last } = run.state;
  const value = event.input?.text ?? '';
  if (isLive(last) && last.kind === 'click' && last.elementKey === elementKey) return run.amend({ kind: 'file', value }, message);
  run.begin({ kind: 'file', target: event.target, elementKey, value }, message);
}

function isLive(last: TrackedStep | undefined): last is TrackedStep {
  return last !== undefined && last.state !== 'removed';
}

function keyOf(event: CaptureEvent): string {
  return elementKeyOf(event.target, event.page?.framePath);
}

/** The newer look at the element; it may miss the name that the first had. */
function named(target: Target | undefined, last: TrackedStep): { readonly target?: Target } {
  if (target === undefined) return {};
  return { target: target.name === '' && last.target !== undefined ? { ...target, name: last.target.name } : target };
}
