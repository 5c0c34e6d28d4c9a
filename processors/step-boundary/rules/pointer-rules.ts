import type { CaptureEvent, Point, Target } from '../../../schemas/types/capture-event.ts';
import type { StepKind } from '../../../schemas/types/guide.ts';
import { elementKeyOf, isNativeSelect, isNothing, isOption, isPressable, isTextField, isToggle } from '../element-kinds.ts';
import { holdMs, pageOf, type EventMessage, type StepSeed } from '../new-step.ts';
import type { StepRun } from '../step-run.ts';
import type { Press, TrackedStep } from '../step-state.ts';

/** A press that ends this far from where it began is a drag. */
const dragFromPx = 30;
/** A recorder that saw the element move says `drag` for less; this little is a hand that shakes. */
const movedFromPx = 5;
/** A browser hands the click of a label on to its control at once, at the same point. */
const handedOnMs = 50;

export function onPointerDown(run: StepRun, message: EventMessage): void {
  settlePress(run, message);
  const { event, ordinal, atMs } = message;
  const { pointer, target } = event;
  if (pointer === undefined) return;
  const page = pageOf(event) ?? run.state.page;
  const press: Press = {
    elementKey: elementKeyOf(target, event.page?.framePath),
    ...(target === undefined ? {} : { target }),
    ...(page === undefined ? {} : { page }),
    at: { x: pointer.x, y: pointer.y },
    isLeft: pointer.button === 'left',
    seq: event.seq,
    ordinal,
    atMs,
  };
  run.state = { ...run.state, press };
}

/** Up on the same element: a click should follow. When none does, the page took the element away in between, and it was one all the same. */
export function onPointerUp(run: StepRun, message: EventMessage): void {
  const { press } = run.state;
  const { pointer, target, page } = message.event;
  if (press === undefined || pointer === undefined) return;
  const isSame = elementKeyOf(target, page?.framePath) === press.elementKey && distanceOf(press.at, pointer) < dragFromPx;
  if (isSame && press.isLeft) run.state = { ...run.state, press: { ...press, upAtMs: message.atMs } };
}

/** Before anything else happens, or when its hold is over, a press without its click becomes one. */
export function settlePress(run: StepRun, message: EventMessage): void {
  const { press, ...rest } = run.state;
  if (press === undefined) return;
  run.state = rest;
  if (press.upAtMs !== undefined && press.wasDrag !== true && press.isStep !== true && !isNothing(press.target))
    beginPressed(run, message, press);
}

export function settleOverduePress(run: StepRun, message: EventMessage): void {
  const upAtMs = run.state.press?.upAtMs;
  if (upAtMs !== undefined && message.atMs > upAtMs + holdMs) settlePress(run, message);
}

export function onClick(run: StepRun, message: EventMessage): void {
  const press = takePress(run, message);
  if (press?.wasDrag === true) return;
  const { last } = run.state;
  if (press?.isStep === true) run.extend(message, press);
  else if (last !== undefined && isHandedOn(last, message)) handOn(run, message);
  else if (!isNothing(message.event.target) && !isOfKey(run, message)) clicked(run, message, press);
}

function clicked(run: StepRun, message: EventMessage, press: Press | undefined): void {
  const { last } = run.state;
  const elementKey = elementKeyOf(message.event.target, message.event.page?.framePath);
  const isSame = last !== undefined && last.state !== 'removed' && last.elementKey === elementKey;
  if (isSame && isOneStep(last, message)) amendClick(run, message, press);
  else beginClick(run, message, press);
}

function takePress(run: StepRun, message: EventMessage): Press | undefined {
  const { press, ...rest } = run.state;
  const elementKey = elementKeyOf(message.event.target, message.event.page?.framePath);
  if (press === undefined || (press.elementKey !== elementKey && press.wasDrag !== true)) {
    settlePress(run, message);
    return undefined;
  }
  run.state = rest;
  const { upAtMs: _up, ...taken } = press;
  return taken;
}

/** A click that a key made (detail 0): the key is the step, or the typing that Enter ended. Alone it is how somebody without a mouse clicks. */
function isOfKey(run: StepRun, message: EventMessage): boolean {
  if (message.event.pointer?.clickCount !== 0) return false;
  const { last } = run.state;
  return isToggle(message.event.target) || (last?.kind === 'press' && message.atMs - last.lastAtMs <= holdMs);
}

/** Same point, same moment, another element: a label's click that its control gets. */
function isHandedOn(last: TrackedStep, message: EventMessage): boolean {
  const { pointer } = message.event;
  if (last.kind !== 'click' || last.click === undefined || pointer === undefined || message.atMs - last.lastAtMs > handedOnMs) return false;
  return last.click.x === pointer.x && last.click.y === pointer.y && (pointer.clickCount ?? 1) <= 1;
}

function handOn(run: StepRun, message: EventMessage): void {
  const { target, page } = message.event;
  const elementKey = elementKeyOf(target, page?.framePath);
  if (target === undefined || isNothing(target) || !isControl(target)) return run.extend(message);
  const name = target.name === '' ? (run.state.last?.target?.name ?? '') : target.name;
  run.amend({ target: { ...target, name }, elementKey }, message);
}

function isControl(target: Target): boolean {
  return isToggle(target) || isTextField(target) || isNativeSelect(target);
}

/** Whether another click on the element of the newest step is still that step. */
function isOneStep(last: TrackedStep, message: EventMessage): boolean {
  const { target, pointer } = message.event;
  // A click only sets the caret where one types, and opens or closes a native list: none of them is a step of its own.
  if (isTextField(target)) return ['click', 'type', 'secret'].includes(last.kind);
  if (isNativeSelect(target)) return last.kind === 'select';
  const isMore = (pointer?.clickCount ?? 1) > 1;
  return isMore && !isToggle(target) && ['click', 'double-click', 'select'].includes(last.kind);
}

function amendClick(run: StepRun, message: EventMessage, press: Press | undefined): void {
  const { target } = message.event;
  const isMoreOfSame = isTextField(target) || isNativeSelect(target) || run.state.last?.kind === 'double-click';
  if (isMoreOfSame || target === undefined) return run.extend(message, press);
  // An option that was selected by the first click: what counts is the double click on it.
  run.dropValue();
  run.amend({ kind: 'double-click', target }, message, press);
}

function beginClick(run: StepRun, message: EventMessage, press: Press | undefined): void {
  const { target, page, pointer } = message.event;
  const elementKey = elementKeyOf(target, page?.framePath);
  const kind = clickKind(target, pointer?.clickCount ?? 1);
  run.begin({ ...clickSeed(kind, target), elementKey, click: press?.at ?? pointOf(message.event), since: press }, message);
}

function beginPressed(run: StepRun, message: EventMessage, press: Press): void {
  const { target, elementKey } = press;
  run.begin({ ...clickSeed(clickKind(target, 1), target), elementKey, click: press.at, since: press }, message);
}

function clickSeed(kind: StepKind, target: Target | undefined): StepSeed {
  const seed = { kind, target, isOpenEnded: isTextField(target) || isNativeSelect(target) };
  return isOption(target) ? { ...seed, value: target?.name } : seed;
}

function clickKind(target: Target | undefined, clickCount: number): StepKind {
  if (isNativeSelect(target) || isOption(target)) return 'select';
  return clickCount === 2 && !isTextField(target) && !isToggle(target) ? 'double-click' : 'click';
}

function pointOf(event: CaptureEvent): Point | undefined {
  return event.pointer === undefined ? undefined : { x: event.pointer.x, y: event.pointer.y };
}

export function onContextMenu(run: StepRun, message: EventMessage): void {
  const press = takePress(run, message);
  const { target, page } = message.event;
  if (isNothing(target)) return;
  const elementKey = elementKeyOf(target, page?.framePath);
  const { last } = run.state;
  const isClicked = last?.elementKey === elementKey && last.kind === 'click' && message.atMs - last.lastAtMs <= holdMs;
  if (isClicked) return run.amend({ kind: 'right-click' }, message);
  const click = press?.at ?? pointOf(message.event);
  run.begin({ kind: 'right-click', target, elementKey, click, since: press }, message);
}

/** Dragging inside a text field, or over nothing, selects text; leaving what one pressed takes the press back. */
export function onDrag(run: StepRun, message: EventMessage): void {
  const { press } = run.state;
  if (press !== undefined) run.state = { ...run.state, press: { ...press, wasDrag: true } };
  const { target, pointer, drag } = message.event;
  if (pointer === undefined || drag === undefined || distanceOf(pointer, drag) < movedFromPx) return;
  if (!isNothing(target) && !isTextField(target) && !isPressable(target)) dragged(run, message, press);
}

function dragged(run: StepRun, message: EventMessage, press: Press | undefined): void {
  const { target, page } = message.event;
  const elementKey = elementKeyOf(target, page?.framePath);
  const { last } = run.state;
  // A slider tells its value as soon as it is let go, some browsers before the drag is over.
  if (last?.kind === 'type' && last.elementKey === elementKey) return run.extend(message, press);
  const since = press === undefined ? undefined : withoutUp(press);
  run.begin({ kind: 'drag', target, elementKey, click: pointOf(message.event), since }, message);
}

function withoutUp({ upAtMs: _up, ...press }: Press): Press {
  return press;
}

function distanceOf(a: { readonly x: number; readonly y: number }, b: { readonly x: number; readonly y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
