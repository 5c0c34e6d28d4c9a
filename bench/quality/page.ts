import type { DomNode } from './recording.ts';
import { fold } from './words.ts';

export type ElementKind =
  | 'text'
  | 'textarea'
  | 'password'
  | 'date'
  | 'time'
  | 'checkbox'
  | 'radio'
  | 'select'
  | 'option'
  | 'button'
  | 'link'
  | 'tab'
  | 'section'
  | 'item'
  | 'icon';

/** An element that a person could act on, as seen on the last page of a recording. */
export interface PageElement {
  readonly kind: ElementKind;
  /** Its visible name; empty when nothing visible names it. */
  readonly name: string;
  readonly value: string;
  readonly node: DomNode;
  /** From the parent up to the body. */
  readonly ancestors: readonly DomNode[];
}

export interface Page {
  readonly elements: readonly PageElement[];
}

const fieldKinds: Readonly<Record<string, ElementKind>> = {
  INPUT_text: 'text',
  INPUT_email: 'text',
  INPUT_tel: 'text',
  INPUT_search: 'text',
  INPUT_number: 'text',
  INPUT_url: 'text',
  INPUT_password: 'password',
  INPUT_date: 'date',
  INPUT_time: 'time',
  INPUT_checkbox: 'checkbox',
  INPUT_radio: 'radio',
  INPUT_submit: 'button',
  INPUT_button: 'button',
  TEXTAREA: 'textarea',
  SELECT: 'select',
  OPTION: 'option',
  BUTTON: 'button',
};

/** Lists what can be acted on. Tags first; a class is only read for what the tag leaves open (a link that is a span, a tab, an icon). */
export function readPage(body: DomNode): Page {
  const elements: PageElement[] = [];
  visit(body, [], elements);
  return { elements };
}

function visit(node: DomNode, ancestors: readonly DomNode[], into: PageElement[]): void {
  const kind = kindOf(node);
  if (kind !== undefined) into.push({ kind, name: nameOf(node, kind, ancestors), value: String(node.value ?? ''), node, ancestors });
  const below = [node, ...ancestors];
  for (const child of node.children) visit(child, below, into);
}

function kindOf(node: DomNode): ElementKind | undefined {
  const known = fieldKinds[node.tag];
  if (known !== undefined) return known;
  if (node.tag === 't' || node.tag === 'BODY' || node.tag === 'LABEL') return undefined;
  const classes = node.classes.toLowerCase();
  if (/\btabs?-anchor\b/.test(classes)) return 'tab';
  if (node.tag === 'A' || /link\b/.test(classes)) return 'link';
  if (/header(?!-)|\bdrop-head\b/.test(classes) && isHeading(node.tag)) return 'section';
  return plainKind(node);
}

function isHeading(tag: string): boolean {
  return /^(H[1-6]|SUMMARY)$/.test(tag);
}

/** Any other element with a short text of its own, or a marked one with none: something a script may have made clickable. */
function plainKind(node: DomNode): ElementKind | undefined {
  const text = visibleText(node);
  const marked = node.classes !== '' || node.id !== '' || node.tag === 'tspan';
  if (!marked || text.length > 60) return undefined;
  if (text !== '') return 'item';
  return node.tag === 'SPAN' && node.children.length === 0 ? 'icon' : undefined;
}

function nameOf(node: DomNode, kind: ElementKind, ancestors: readonly DomNode[]): string {
  const parent = ancestors[0];
  if (kind === 'checkbox' || kind === 'radio') return parent?.tag === 'LABEL' ? visibleText(parent) : '';
  if (kind === 'button' && node.tag.startsWith('INPUT')) return fold(String(node.value ?? ''));
  if (isField(kind)) return fieldLabel(node, parent);
  return visibleText(node);
}

export function isField(kind: ElementKind): boolean {
  return ['text', 'textarea', 'password', 'date', 'time', 'select'].includes(kind);
}

/** The label around a field, or the last label before it in the same parent; without colon. */
function fieldLabel(node: DomNode, parent: DomNode | undefined): string {
  if (parent === undefined) return '';
  if (parent.tag === 'LABEL') return withoutColon(visibleText(parent));
  const before = parent.children.slice(0, parent.children.indexOf(node));
  const label = before.findLast((sibling) => sibling.tag === 'LABEL');
  return label === undefined ? '' : withoutColon(visibleText(label));
}

function withoutColon(label: string): string {
  return label.replace(/\s*:$/, '');
}

/** The text of a node and all below it, white space folded. Values of fields are not text. */
export function visibleText(node: DomNode): string {
  if (node.tag.startsWith('INPUT') || node.tag === 'TEXTAREA') return '';
  return fold([node.text, ...node.children.map(visibleText)].join(' '));
}

export function withKind(page: Page, ...kinds: readonly ElementKind[]): readonly PageElement[] {
  return page.elements.filter((element) => kinds.includes(element.kind));
}

/** The element of that name: the same letters first, another case only when none has them. */
export function named(elements: readonly PageElement[], name: string): PageElement | undefined {
  const wanted = fold(name);
  return (
    elements.find((element) => element.name === wanted) ?? elements.find((element) => element.name.toLowerCase() === wanted.toLowerCase())
  );
}
