import type { Input } from '../../../schemas/types/capture-event.ts';
import { isEditable, isField, isToggle, textLeavesOf, type Dom, type DomNode } from './dom.ts';

/** What became of the field that got keys. `choice`: an entry that arrow keys brought into it was accepted. */
export interface Told {
  readonly node: DomNode;
  readonly input: Input;
}

const enterKey = 13;
const arrowKeys: ReadonlySet<number> = new Set([38, 40]);
/** Backspace, Enter, Escape, Delete, X and Z: after these an empty field is the person's doing, or the end of what was typed. */
const emptyingKeys: ReadonlySet<number> = new Set([8, enterKey, 27, 46, 88, 90]);
const textTags: ReadonlySet<string> = new Set(['INPUT_text', 'INPUT_search', 'INPUT_url', 'INPUT_tel', 'INPUT_email', 'TEXTAREA']);

/** Space, digits, letters, the number pad, signs, and what an input method sends. */
function isWriting(keyCode: number): boolean {
  return keyCode === 32 || (keyCode >= 48 && keyCode <= 90) || (keyCode >= 96 && keyCode <= 111) || keyCode >= 186;
}

/**
 * Tells typed values by comparing the field that got keys between two looks at the page. Invariants:
 * - W1 a value is typed only when keys went to that field since its last value; what a script put there is not;
 * - W2 a page may take the text out of a field while or after it is typed (a terminal, a chat): that is no clearing, and what follows before Enter is more of it;
 * - W3 text that an arrow key brought is a suggestion; it is chosen when anything but another arrow follows, and nothing when Escape takes it back.
 */
export class TypingWatch {
  #keyedRef: string | undefined;
  #lastKey = 0;
  #told: { readonly ref: string; readonly text: string } | undefined;
  #taken = '';
  #suggested: Told | undefined;
  /** Text of what is edited in place, when its last key went down. */
  #written = '';

  /** The pointer was used: keys before it went to what had the focus then. */
  leave(): void {
    this.#keyedRef = undefined;
    this.#taken = '';
  }

  /** @returns whether the key accepts the suggestion and so is no command. */
  key(node: DomNode, keyCode: number): boolean {
    const { ref } = node;
    this.#written = textLeavesOf(node).join(' ');
    if (ref !== this.#keyedRef || this.#lastKey === enterKey) this.#taken = '';
    this.#keyedRef = ref;
    this.#lastKey = keyCode;
    return keyCode === enterKey && this.#suggested?.node.ref === ref;
  }

  /** A suggestion that stands is chosen by whatever comes next. @param keyCode of the key that comes, undefined for all else. */
  settle(keyCode?: number): Told | undefined {
    if (keyCode !== undefined && arrowKeys.has(keyCode)) return undefined;
    const chosen = this.#suggested;
    this.#suggested = undefined;
    if (chosen !== undefined) this.#told = { ref: chosen.node.ref, text: String(chosen.node.value) };
    return chosen;
  }

  compare(dom: Dom, before: ReadonlyMap<string, string | boolean>): Told | undefined {
    const node = this.#keyedRef === undefined ? undefined : dom.byRef.get(this.#keyedRef);
    if (node === undefined) return undefined;
    if (isEditable(node)) return this.#compareWritten(node);
    const previous = before.get(node.ref);
    const isText = isField(node) && !isToggle(node) && typeof previous === 'string' && typeof node.value === 'string';
    return isText && previous !== node.value ? this.#compareValue(node, String(node.value), previous) : undefined;
  }

  #compareValue(node: DomNode, value: string, previous: string): Told | undefined {
    if (this.#isSuggestion(node)) return this.#suggest(node, value);
    this.#suggested = undefined;
    if (!this.#isTakenOut(node)) return this.#typed(node, this.#taken + value);
    this.#taken = this.#lastKey === enterKey ? '' : this.#taken + previous;
    return undefined;
  }

  /** Only what a key that writes or takes away brought about. */
  #compareWritten(node: DomNode): Told | undefined {
    const text = textLeavesOf(node).join(' ');
    if (text === this.#written || !(isWriting(this.#lastKey) || emptyingKeys.has(this.#lastKey))) return undefined;
    this.#written = text;
    return this.#typed(node, text);
  }

  #typed(node: DomNode, text: string): Told | undefined {
    if (this.#told?.ref === node.ref && this.#told.text === text) return undefined;
    this.#told = { ref: node.ref, text };
    return { node, input: text === '' ? { valueClass: 'empty' } : { valueClass: 'text', text } };
  }

  /** Numbers and dates are counted up and down by arrows; words are not. */
  #isSuggestion(node: DomNode): boolean {
    return arrowKeys.has(this.#lastKey) && node.tag !== 'TEXTAREA' && textTags.has(node.tag) && /\p{L}/u.test(String(node.value));
  }

  #suggest(node: DomNode, text: string): undefined {
    const isBack = this.#told?.ref === node.ref && this.#told.text === text;
    this.#suggested = isBack ? undefined : { node, input: { valueClass: 'choice', text } };
    return undefined;
  }

  #isTakenOut(node: DomNode): boolean {
    if (node.value !== '' || !textTags.has(node.tag)) return false;
    return this.#lastKey === enterKey || !emptyingKeys.has(this.#lastKey);
  }
}
