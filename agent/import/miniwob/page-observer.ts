import type { CaptureEvent, Modifier, Pointer, Target } from '../../../schemas/types/capture-event.ts';
import { ancestorsOf, isControl, isField, isSecretField, isToggle, type Dom, type DomNode } from './dom.ts';
import { modifierOf, reportedKey } from './key-names.ts';
import type { RawAction, RawState } from './raw-state.ts';
import { isSetByPointer, SetWatch } from './set-watch.ts';
import { targetOf } from './target-of.ts';
import { TypingWatch, type Told } from './typing-watch.ts';

type Draft = Omit<CaptureEvent, 'seq' | 'atMs'>;

/**
 * Watches a replayed recording as a recorder in the page would: pointer and key events from the raw ones, typed values by comparing the DOM
 * of successive states. Invariants:
 * - P1 nothing of a protected field leaves: no value, no key while it has the focus, one `input` of class `secret` per stay in the field;
 * - P2 a value is typed only when keys went to that field since its last value (TypingWatch); what a script put there is not an `input`;
 * - P3 a click without a press of its own was made by a key (count 0), or handed on by a label: then it comes at the time of the label's, however long
 *   the recorder took to write down the page in between;
 * - P4 when the page puts something else under a pointer that rests, press and release hit two elements and the click what holds both: the person meant the
 *   one that was pressed, or the one that was let go when the press hit no part of what holds them.
 */
export interface PageObserver {
  see(state: RawState): void;
  eventCount(): number;
  finish(): readonly CaptureEvent[];
}

export function createPageObserver(startedAtMs: number): PageObserver {
  return new Observer(startedAtMs);
}

const dragFromPx = 30;
/** Less is a drag when the element went along. */
const movedFromPx = 5;
/** A pointer that moves no further rests. */
const restingPx = 3;

class Observer implements PageObserver {
  readonly #startedAtMs: number;
  readonly #events: CaptureEvent[] = [];
  readonly #modifiers = new Set<Modifier>();
  #values = new Map<string, string | boolean>();
  readonly #typing = new TypingWatch();
  readonly #settings = new SetWatch();
  #secretRef: string | undefined;
  #press: { readonly target: Target; readonly pointer: Pointer; readonly hit: DomNode } | undefined;
  /** What the last press and its release hit. */
  #hits: readonly { readonly hit: DomNode; readonly x: number; readonly y: number }[] = [];
  /** The pointer went down since the last click. */
  #wasPressed = false;
  #lastClick: { readonly x: number; readonly y: number; readonly atMs: number } | undefined;
  /** Once a password, always one: a "show password" switch turns the field into a text field. */
  readonly #secretRefs = new Set<string>();
  #nowMs = 0;

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  eventCount(): number {
    return this.#events.length;
  }

  /** A recording that ends with a control held down ended by it: what the page did at once was the end. */
  finish(): readonly CaptureEvent[] {
    this.#tell(this.#typing.settle());
    const press = this.#press;
    if (press !== undefined && isControl(press.hit))
      this.#emit({ kind: 'click', target: press.target, pointer: { ...press.pointer, clickCount: 1 } });
    this.#press = undefined;
    return this.#events;
  }

  see(state: RawState): void {
    this.#nowMs = Math.max(this.#nowMs, state.timeMs);
    const { action, dom } = state;
    for (const [ref, node] of dom.byRef) if (isSecretField(node)) this.#secretRefs.add(ref);
    const isFirstSight = action !== undefined && action.timing === 1;
    // A toggle already shows its new state when its click is seen, a typed value belongs to keys before this event.
    this.#tell(this.#typing.compare(dom, this.#values));
    this.#compareSet(dom);
    if (isFirstSight) this.#act(action, dom);
    this.#compareToggles(dom);
    this.#values = valuesOf(dom);
  }

  #act(action: RawAction, dom: Dom): void {
    if (action.type.startsWith('key')) this.#key(action, dom);
    else this.#pointer(action, dom);
  }

  #pointer(action: RawAction, dom: Dom): void {
    const { type, x, y } = action;
    if (x === undefined || y === undefined || dom.target === undefined) return;
    this.#tell(this.#typing.settle());
    const hit = dom.target;
    const target = this.#targetOf(hit);
    const pointer: Pointer = { x, y, button: 'left', ...this.#modifierList() };
    if (type === 'mousedown') this.#hits = [{ hit, x, y }];
    if (type === 'mouseup') this.#hits = [...this.#hits, { hit, x, y }];
    if (type === 'mousedown') this.#pressed(target, pointer, hit);
    else if (type === 'mouseup') this.#released(target, pointer, dom);
    else if (type === 'click') this.#clicked(this.#meant(hit, pointer), pointer);
    else if (type === 'contextmenu') this.#emit({ kind: 'context.menu', target, pointer: { ...pointer, button: 'right' } });
    else if (type === 'dblclick') this.#doubleClick(target);
  }

  #pressed(target: Target, pointer: Pointer, hit: DomNode): void {
    this.#typing.leave();
    this.#settings.watch(target.role === 'slider' || isSetByPointer(hit) ? target.ref : undefined);
    this.#press = { target, pointer, hit };
    this.#wasPressed = true;
    this.#emit({ kind: 'pointer.down', target, pointer });
  }

  /** P4. */
  #meant(clicked: DomNode, { x, y }: Pointer): Target {
    const below = this.#hits.filter(({ hit }) => [...ancestorsOf(hit)].some((ancestor) => ancestor.ref === clicked.ref));
    const isResting = this.#hits.every((one) => Math.hypot(one.x - x, one.y - y) <= restingPx);
    return this.#targetOf((this.#wasPressed && isResting ? below[0]?.hit : undefined) ?? clicked);
  }

  /** P3. */
  #clicked(target: Target, pointer: Pointer): void {
    const last = this.#lastClick;
    const isHandedOn = !this.#wasPressed && last?.x === pointer.x && last.y === pointer.y;
    const clickCount = this.#wasPressed || isHandedOn ? 1 : 0;
    const atMs = isHandedOn ? last.atMs : this.#nowMs;
    this.#emit({ kind: 'click', target, pointer: { ...pointer, clickCount } }, atMs);
    this.#lastClick = { x: pointer.x, y: pointer.y, atMs };
    this.#wasPressed = false;
  }

  #released(target: Target, pointer: Pointer, dom: Dom): void {
    const press = this.#press;
    this.#press = undefined;
    const lengthPx = press === undefined ? 0 : Math.hypot(press.pointer.x - pointer.x, press.pointer.y - pointer.y);
    const isDrag = lengthPx >= dragFromPx || (press !== undefined && lengthPx >= movedFromPx && hasMoved(press.hit, dom));
    if (press !== undefined && isDrag) {
      this.#emit({ kind: 'drag', target: press.target, pointer: press.pointer, drag: { x: pointer.x, y: pointer.y } });
    } else this.#emit({ kind: 'pointer.up', target, pointer });
  }

  /** The browser's `click` of a second press carries the count; raw recordings tell it by a `dblclick` right after. */
  #doubleClick(target: Target): void {
    const index = this.#events.findLastIndex((event) => event.kind === 'click');
    const last = this.#events[index];
    if (last?.pointer !== undefined && last.target?.ref === target.ref) {
      this.#events[index] = { ...last, pointer: { ...last.pointer, clickCount: 2 } };
    }
  }

  #key(action: RawAction, dom: Dom): void {
    const keyCode = action.keyCode ?? 0;
    const modifier = action.type === 'keypress' ? undefined : modifierOf(keyCode);
    if (modifier !== undefined) this.#hold(modifier, action.type === 'keydown');
    const field = dom.target ?? dom.focused;
    if (field !== undefined && action.type === 'keydown' && modifier === undefined) this.#keyDown(field, keyCode, dom.focused);
  }

  #keyDown(field: DomNode, keyCode: number, focused: DomNode | undefined): void {
    const isAccepted = this.#typing.key(field, keyCode);
    this.#tell(this.#typing.settle(keyCode));
    const target = this.#targetOf(field);
    this.#settings.watch(target.role === 'slider' ? target.ref : undefined);
    if (isAccepted || this.#isSecret(field) || this.#isSecret(focused)) return;
    const key = reportedKey(keyCode, this.#modifiers);
    if (key !== undefined) this.#emit({ kind: 'key.down', target, key: { key, ...this.#modifierList() } });
  }

  #hold(modifier: Modifier, isDown: boolean): void {
    if (isDown) this.#modifiers.add(modifier);
    else this.#modifiers.delete(modifier);
  }

  /** P1. */
  #tell(told: Told | undefined, target?: Target): void {
    if (told === undefined) return;
    const { node, input } = told;
    if (this.#isSecret(node)) this.#typedSecret(node);
    else this.#emit({ kind: input.valueClass === 'choice' ? 'change' : 'input', target: target ?? this.#fieldOf(node), input });
  }

  /** What is edited in place is a field, and not called by what is written there. */
  #fieldOf(node: DomNode): Target {
    const target = this.#targetOf(node);
    return isField(node) ? target : { ...target, role: 'textbox', name: '', nameSource: 'none' };
  }

  #compareSet(dom: Dom): void {
    const set = this.#settings.compare(dom);
    if (set !== undefined) this.#tell({ node: set.node, input: { valueClass: 'text', text: set.text } }, this.#targetOf(set.node));
  }

  #typedSecret(node: DomNode): void {
    if (this.#secretRef === node.ref) return;
    this.#secretRef = node.ref;
    this.#emit({ kind: 'input', target: this.#targetOf(node), input: { valueClass: 'secret' } });
  }

  #compareToggles(dom: Dom): void {
    const last = this.#events.at(-1);
    if (last?.kind !== 'click' || last.target?.ref === undefined) return;
    const node = dom.byRef.get(last.target.ref);
    if (node === undefined || !isToggle(node) || typeof node.value !== 'boolean') return;
    const before = this.#values.get(node.ref);
    if (before === undefined || before === node.value) return;
    this.#emit({ kind: 'change', target: this.#targetOf(node), input: { valueClass: 'boolean', checked: node.value } });
  }

  #isSecret(node: DomNode | undefined): boolean {
    return node !== undefined && this.#secretRefs.has(node.ref);
  }

  #targetOf(hit: DomNode): Target {
    const target = targetOf(hit);
    return target.ref !== undefined && this.#secretRefs.has(target.ref) ? { ...target, protected: true } : target;
  }

  #modifierList(): { modifiers?: readonly Modifier[] } {
    return this.#modifiers.size === 0 ? {} : { modifiers: [...this.#modifiers] };
  }

  #emit(draft: Draft, nowMs = this.#nowMs): void {
    if (draft.kind !== 'input' || draft.input?.valueClass !== 'secret') this.#leaveSecret(draft);
    this.#events.push({ seq: this.#events.length + 1, atMs: this.#startedAtMs + nowMs, ...draft });
  }

  #leaveSecret(draft: Draft): void {
    if (draft.target?.ref !== this.#secretRef) this.#secretRef = undefined;
  }
}

function hasMoved({ ref, rect }: DomNode, dom: Dom): boolean {
  const now = dom.byRef.get(ref)?.rect;
  return rect !== undefined && now !== undefined && Math.hypot(now.x - rect.x, now.y - rect.y) >= movedFromPx;
}

function valuesOf(dom: Dom): Map<string, string | boolean> {
  const values = new Map<string, string | boolean>();
  for (const [ref, node] of dom.byRef) if (isField(node) && node.value !== undefined) values.set(ref, node.value);
  return values;
}
