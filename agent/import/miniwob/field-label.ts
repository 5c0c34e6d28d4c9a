import { ancestorsOf, descendantsOf, foldSpace, isControl, isField, isToggle, textLeavesOf, type DomNode } from './dom.ts';

/** What carries the words beside a field. `BR` and the like are stepped over for they hold no text. */
const inlineTags = new Set(['t', 'LABEL', 'SPAN', 'B', 'STRONG', 'EM', 'I', 'SMALL', 'BR', 'TD', 'TH', 'DT']);
const maxTextLength = 120;
/** Words in a block of their own are a label only when they read like one. */
const maxLabelLength = 40;
const maxLabelWords = 4;
const maxLabelLeafCount = 2;
/** How many boxes around a field are looked beside: the cell, the wrapper of a widget. */
const maxBoxes = 3;

/** Text of the LABEL around a field; else right beside it; else in the block or cell beside the box that holds this field alone. Undefined: none. */
export function fieldLabelOf(node: DomNode): string | undefined {
  for (const ancestor of ancestorsOf(node)) if (ancestor.tag === 'LABEL') return trimColon(textLeavesOf(ancestor).join(' '));
  if (isToggle(node)) return siblingText(node, 'after') ?? siblingText(node, 'before');
  return siblingText(node, 'before') ?? blockText(node);
}

/** Text right beside the field in the same parent, when nothing else stands between. A block of text is no label. */
function siblingText(node: DomNode, side: 'before' | 'after'): string | undefined {
  for (const sibling of siblingsOf(node, side)) {
    if (!inlineTags.has(sibling.tag) || countFields(sibling) > 0) return undefined;
    const text = foldSpace(textLeavesOf(sibling).join(' '));
    if (text !== '' && text.length <= maxTextLength) return trimColon(text);
  }
  return undefined;
}

function blockText(field: DomNode): string | undefined {
  let box = field;
  for (let level = 0; level < maxBoxes && box.parent !== undefined; level += 1) {
    const before = nearestBlock(box, 'before');
    const isAlone = countFields(box.parent) === 1;
    const label = before === undefined || (isHeading(before) && !isAlone) ? undefined : labelIn(before);
    if (label !== undefined) return label;
    if (before !== undefined || !isAlone) return undefined;
    // Words below a field name it only inside its own box: further out they are what the page answers.
    const after = box === field ? nearestBlock(box, 'after') : undefined;
    const below = after === undefined ? undefined : labelIn(after);
    if (below !== undefined) return below;
    box = box.parent;
  }
  return undefined;
}

/** The first on that side that holds words, a field or a button. */
function nearestBlock(box: DomNode, side: 'before' | 'after'): DomNode | undefined {
  return siblingsOf(box, side).find((sibling) => textLeavesOf(sibling).length > 0 || holdsControl(sibling));
}

function labelIn(block: DomNode): string | undefined {
  const leaves = textLeavesOf(block);
  const text = trimColon(leaves.join(' '));
  if (leaves.length > maxLabelLeafCount || holdsControl(block)) return undefined;
  const isLabel =
    text.length <= maxLabelLength && text.split(' ').length <= maxLabelWords && /\p{L}{2}/u.test(text) && !/[.!?,;…]$/.test(text);
  return isLabel ? text : undefined;
}

function siblingsOf(node: DomNode, side: 'before' | 'after'): readonly DomNode[] {
  const all = node.parent?.children ?? [];
  const at = all.indexOf(node);
  return side === 'before' ? all.slice(0, at).reverse() : all.slice(at + 1);
}

function isHeading(node: DomNode): boolean {
  return /^H[1-6]$/.test(node.tag);
}

/** A `LABEL` is a control for who clicks it; here it is the words. */
function holdsControl(node: DomNode): boolean {
  return [node, ...descendantsOf(node)].some((one) => isControl(one) && one.tag !== 'LABEL');
}

function countFields(node: DomNode): number {
  let count = 0;
  for (const below of descendantsOf(node)) if (isField(below)) count += 1;
  return count;
}

export function trimColon(text: string): string {
  return foldSpace(text).replace(/\s*:$/, '');
}
