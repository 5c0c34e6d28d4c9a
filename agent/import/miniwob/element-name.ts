import { ancestorsOf, descendantsOf, foldSpace, isButtonInput, isControl, isField, textLeavesOf, type DomNode } from './dom.ts';
import { fieldLabelOf, trimColon } from './field-label.ts';
import { iconNameOf } from './icon-words.ts';
import { lookOf } from './looks.ts';
import { rowContextOf, textLeavesOutsideControls } from './row-context.ts';

export interface ElementName {
  readonly name: string;
  readonly nameSource: string;
}

const none: ElementName = { name: '', nameSource: 'none' };
const maxNameLength = 120;
/** A generic element with more text leaves than this is a container, and a click in it hit nothing in particular. */
const maxLeafCount = 3;
const maxIconSidePx = 40;

/** What a page draws its own things with. */
const boxTags = new Set(['DIV', 'SPAN', 'CANVAS']);
const shapeTags = new Set(['path', 'rect', 'circle', 'ellipse', 'polygon']);

/** The control that a hit inside it belongs to: the icon in a button, the text in a link; else the hit element. */
export function controlOf(hit: DomNode): DomNode {
  if (isControl(hit)) return hit;
  for (const ancestor of ancestorsOf(hit)) if (isControl(ancestor)) return ancestor;
  return hit;
}

/** Name as a person reads it: label, content, value, text beside it; an icon's glyph; what the row around it says. Never an identifier. */
export function nameOf(node: DomNode): ElementName {
  const candidate = isField(node) ? fieldNameOf(node) : contentNameOf(node);
  return { ...candidate, name: cut(candidate.name) };
}

function fieldNameOf(node: DomNode): ElementName {
  const label = fieldLabelOf(node) ?? '';
  return label === '' ? none : { name: label, nameSource: 'label' };
}

function contentNameOf(node: DomNode): ElementName {
  if (isButtonInput(node)) return typeof node.value === 'string' ? { name: foldSpace(node.value), nameSource: 'value' } : none;
  if (shapeTags.has(node.tag)) return shapeNameOf(node);
  const leaves = textLeavesOf(node);
  if (leaves.length > 0 && !isContainer(node, leaves)) return { name: trimColon(leaves.join(' ')), nameSource: 'content' };
  if (leaves.length > 0) return none;
  const icon = isSmall(node) ? iconNameOf(node.identifiers) : '';
  if (icon !== '') return { name: icon, nameSource: 'icon' };
  if (isSlider(node)) return none;
  const row = rowNameOf(node);
  return row.name === '' && isDrawn(node) ? lookNameOf(node) : row;
}

/** A drawn shape is named by the text that is drawn on it. */
function shapeNameOf(node: DomNode): ElementName {
  const { rect } = node;
  const drawing = [...ancestorsOf(node)].find((ancestor) => ancestor.tag === 'svg');
  if (rect === undefined || drawing === undefined) return lookNameOf(node);
  const centre = centreOf(rect);
  const texts = [...descendantsOf(drawing)].flatMap((text) =>
    text.text !== '' && text.rect !== undefined ? [{ text, at: centreOf(text.rect) }] : [],
  );
  const onShape = texts.filter(({ at }) => at.x >= rect.x && at.x <= rect.x + rect.width && at.y >= rect.y && at.y <= rect.y + rect.height);
  const distance = ({ at }: { at: { x: number; y: number } }) => Math.hypot(at.x - centre.x, at.y - centre.y);
  const [nearest] = onShape.sort((a, b) => distance(a) - distance(b));
  return nearest === undefined ? lookNameOf(node) : { name: nearest.text.text, nameSource: 'content' };
}

function centreOf(rect: { x: number; y: number; width: number; height: number }): { x: number; y: number } {
  return { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
}

function lookNameOf(node: DomNode): ElementName {
  const look = lookOf(node);
  return look === '' ? none : { name: look, nameSource: 'look' };
}

function isContainer(node: DomNode, leaves: readonly string[]): boolean {
  if (isControl(node)) return false;
  if (leaves.length > maxLeafCount || leaves.join(' ').length > maxNameLength) return true;
  for (const below of descendantsOf(node)) if (isControl(below)) return true;
  return false;
}

/** A blank spot of a row that is one thing: the row's first text names it. */
function rowNameOf(node: DomNode): ElementName {
  const row = rowOf(node);
  const first = row === undefined ? undefined : textLeavesOf(row)[0];
  return first === undefined ? none : { name: trimColon(first), nameSource: 'ancestor' };
}

/** Nearest ancestor with text, when it is a row and not a page: few texts, no control inside. */
function rowOf(node: DomNode): DomNode | undefined {
  for (const ancestor of ancestorsOf(node)) {
    const leaves = textLeavesOf(ancestor);
    if (leaves.length === 0) continue;
    return isContainer(ancestor, leaves) ? undefined : ancestor;
  }
  return undefined;
}

/** Where the element is: the row of an icon, the legend or heading above, the caption of its table. */
export function contextOf(node: DomNode, name: ElementName): string | undefined {
  if (name.nameSource === 'icon') {
    const row = rowNameOf(node);
    if (row.name !== '') return cut(row.name);
  }
  for (const ancestor of ancestorsOf(node)) {
    if (ancestor.tag !== 'TABLE') continue;
    const title = captionOf(ancestor);
    if (title !== undefined) return cut(title);
  }
  return rowContextOf(node, name.name);
}

/** Text of the block before a table less the controls in it: a calendar's month. */
function captionOf(table: DomNode): string | undefined {
  const siblings = table.parent?.children ?? [];
  const before = siblings[siblings.indexOf(table) - 1];
  if (before === undefined) return undefined;
  const texts = textLeavesOutsideControls(before);
  return texts.length > 0 && texts.length <= maxLeafCount ? texts.join(' ') : undefined;
}

/** A shape, or a thing without words and parts: it is seen, so it is no background. */
export function isDrawn(node: DomNode): boolean {
  if (shapeTags.has(node.tag)) return true;
  return (isSmall(node) || boxTags.has(node.tag)) && node.children.length === 0 && node.text === '' && !isControl(node);
}

/** The knob of a slider, or its track. A widget library tells by a class what it is; no other role is read from one. */
export function isSlider(node: DomNode): boolean {
  if (node.tag === 'INPUT_range' || isKnob(node)) return true;
  return /slider/i.test(node.identifiers) && textLeavesOf(node).length === 0 && [...descendantsOf(node)].some(isKnob);
}

function isKnob(node: DomNode): boolean {
  return /slider/i.test(node.identifiers) && /handle|thumb|knob/i.test(node.identifiers) && isSmall(node);
}

function isSmall(node: DomNode): boolean {
  return node.rect !== undefined && node.rect.width <= maxIconSidePx && node.rect.height <= maxIconSidePx;
}

function cut(text: string): string {
  return text.length > maxNameLength ? `${text.slice(0, maxNameLength - 1)}…` : text;
}
