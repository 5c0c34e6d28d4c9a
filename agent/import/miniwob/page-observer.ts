import type { CaptureEvent, Modifier, Pointer, Target } from '../../../schemas/types/capture-event.ts';
import { isField, isSecretField, isToggle, type Dom, type DomNode } from './dom.ts';
import { modifierOf, reportedKey } from './key-names.ts';
import type { RawAction, RawState } from './raw-state.ts';
import { targetOf } from './target-of.ts';

type Draft = Omit<CaptureEvent, 'seq' | 'atMs'>;

/**
 * Watches a replayed recording as a recorder in the page would: pointer and key events from the raw ones, typed values by comparing the DOM
 * of successive states. Invariants:
 * - P1 nothing of a protected field leaves: no value, no key while it has the focus, one `input` of class `secret` per stay in the field;
 * - P2 a value is typed only when keys went to that field since its last value; what a script put there is not an `input`.
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

class Observer implements PageObserver {
  readonly #startedAtMs: number;
  readonly #events: CaptureEvent[] = [];
  readonly #modifiers = new Set<Modifier>();
  #values = new Map<string, string | boolean>();
  /** Field that got keys since the pointer was last used. */
  #keyedRef: string | undefined;
  #secretRef: string | undefined;
  #press: { readonly target: Target; readonly pointer: Pointer } | undefined;
  /** Once a password, always one: a "show password" switch turns the field into a text field. */
  readonly #secretRefs = new Set<string>();
  #nowMs = 0;

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  eventCount(): number {
    return this.#events.length;
  }

  finish(): readonly CaptureEvent[] {
    return this.#events;
  }

  see(state: RawState): void {
    this.#nowMs = Math.max(this.#nowMs, state.timeMs);
    const { action, dom } = state;
    for (const [ref, node] of dom.byRef) if (isSecretField(node)) this.#secretRefs.add(ref);
    const isFirstSight = action !== undefined && action.timing === 1;
    // A toggle already shows its new state when its click is seen, a typed value belongs to keys before this event.
    this.#compareTyped(dom);
    if (isFirstSight) this.#act(action, dom);
    this.#compareToggles(dom);
    this.#values = valuesOf(dom);
  }

  #act(action: RawAction, dom: Dom): void {
    if (action.type.startsWith('key')) this.#key(action, dom);
    else this.#pointer(action, dom);
  }

  #pointer(action: RawAction, dom: Dom): void {
    if (action.x === undefined || action.y === undefined || dom.target === undefined) return;
    const target = this.#targetOf(dom.target);
    const pointer: Pointer = { x: action.x, y: action.y, button: 'left', ...this.#modifierList() };
    if (action.type === 'mousedown') {
      this.#keyedRef = undefined;
      this.#press = { target, pointer };
      this.#emit({ kind: 'pointer.down', target, pointer });
    } else if (action.type === 'mouseup') this.#released(target, pointer);
    else if (action.type === 'click') this.#emit({ kind: 'click', target, pointer: { ...pointer, clickCount: 1 } });
    else if (action.type === 'contextmenu') this.#emit({ kind: 'context.menu', target, pointer: { ...pointer, button: 'right' } });
    else if (action.type === 'dblclick') this.#doubleClick(target);
  }

  #released(target: Target, pointer: Pointer): void {
    const press = this.#press;
    this.#press = undefined;
    const isDrag = press !== undefined && Math.hypot(press.pointer.x - pointer.x, press.pointer.y - pointer.y) >= dragFromPx;
    if (isDrag) this.#emit({ kind: 'drag', target: press.target, pointer: press.pointer, drag: { x: pointer.x, y: pointer.y } });
    else this.#emit({ kind: 'pointer.up', target, pointer });
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
    if (field === undefined) return;
    this.#keyedRef = field.ref;
    if (action.type === 'keydown' && modifier === undefined && !this.#isSecret(field) && !this.#isSecret(dom.focused)) {
      const key = reportedKey(keyCode, this.#modifiers);
      if (key !== undefined) this.#emit({ kind: 'key.down', target: this.#targetOf(field), key: { key, ...this.#modifierList() } });
    }
  }

  #hold(modifier: Modifier, isDown: boolean): void {
    if (isDown) this.#modifiers.add(modifier);
    else this.#modifiers.delete(modifier);
  }

  #compareTyped(dom: Dom): void {
    const node = this.#keyedRef === undefined ? undefined : dom.byRef.get(this.#keyedRef);
    if (node === undefined || !isField(node) || isToggle(node) || typeof node.value !== 'string') return;
    const before = this.#values.get(node.ref);
    if (before === undefined || before === node.value) return;
    if (this.#isSecret(node)) this.#typedSecret(node);
    else this.#typed(node, node.value);
  }

  #typed(node: DomNode, text: string): void {
    const input = text === '' ? { valueClass: 'empty' as const } : { valueClass: 'text' as const, text };
    this.#emit({ kind: 'input', target: this.#targetOf(node), input });
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

  #emit(draft: Draft): void {
    if (draft.kind !== 'input' || draft.input?.valueClass !== 'secret') this.#leaveSecret(draft);
    this.#events.push({ seq: this.#events.length + 1, atMs: this.#startedAtMs + this.#nowMs, ...draft });
  }

  #leaveSecret(draft: Draft): void {
    if (draft.target?.ref !== this.#secretRef) this.#secretRef = undefined;
  }
}

function valuesOf(dom: Dom): Map<string, string | boolean> {
  const values = new Map<string, string | boolean>();
  for (const [ref, node] of dom.byRef) if (isField(node) && node.value !== undefined) values.set(ref, node.value);
  return values;
}
