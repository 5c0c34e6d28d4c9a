import { ancestorsOf, descendantsOf, isField, type Dom, type DomNode } from './dom.ts';

/** Fields that the browser gives arrows, a knob or a calendar to: the pointer sets them as well as keys. */
const setTags: ReadonlySet<string> = new Set(
  'INPUT_range INPUT_number INPUT_date INPUT_time INPUT_month INPUT_week INPUT_datetime-local INPUT_color'.split(' '),
);

export function isSetByPointer(node: DomNode): boolean {
  return setTags.has(node.tag);
}

/** How many boxes around a slider are searched for its number: a clock of the page is none. */
const maxDistance = 4;
const number = /^[-+]?\d+(?:[.,]\d+)?\s?%?$/;

/**
 * Tells what the pointer sets: a field of the browser's own by its value. A slider that a page draws has none: what it is set to stands beside it as a number, and is
 * read as the number nearest in the tree that changed while the slider had the pointer or the focus.
 */
export class SetWatch {
  #ref: string | undefined;
  #before: Dom | undefined;

  watch(ref: string | undefined): void {
    this.#ref = ref;
  }

  /** @returns the watched element and what it was set to since the last look. */
  compare(dom: Dom): { readonly node: DomNode; readonly text: string } | undefined {
    const before = this.#before;
    this.#before = dom;
    const node = this.#ref === undefined ? undefined : dom.byRef.get(this.#ref);
    if (before === undefined || node === undefined) return undefined;
    if (isField(node)) return newValueOf(node, before);
    for (const ancestor of [...ancestorsOf(node)].slice(0, maxDistance)) {
      const changed = [...descendantsOf(ancestor)].find((leaf) => isChangedNumber(leaf, before));
      if (changed !== undefined) return { node, text: changed.text };
    }
    return undefined;
  }
}

function newValueOf(node: DomNode, before: Dom): { readonly node: DomNode; readonly text: string } | undefined {
  const old = before.byRef.get(node.ref)?.value;
  const isSet = typeof node.value === 'string' && node.value !== '' && typeof old === 'string' && old !== node.value;
  return isSet ? { node, text: String(node.value) } : undefined;
}

function isChangedNumber(leaf: DomNode, before: Dom): boolean {
  const old = before.byRef.get(leaf.ref)?.text;
  return old !== undefined && old !== leaf.text && number.test(leaf.text) && number.test(old);
}
