import { isObject } from '../json-text.ts';

/** A node of a recorded DOM. Identifiers and classes are kept for icon recognition only; they never become a quoted name. */
export interface DomNode {
  /** Number, element and id of the recording: its numbers alone are not unique. The type of an input is no part of it, for it may change. */
  readonly ref: string;
  /** Upper case; inputs carry their type: `INPUT_checkbox`. `t` is a text node. */
  readonly tag: string;
  readonly text: string;
  readonly value: string | boolean | undefined;
  readonly identifiers: string;
  readonly classes: string;
  /** Computed background colour as CSS says it, or empty. */
  readonly background: string;
  readonly rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | undefined;
  readonly parent: DomNode | undefined;
  readonly children: readonly DomNode[];
}

export interface Dom {
  readonly byRef: ReadonlyMap<string, DomNode>;
  readonly target: DomNode | undefined;
  readonly focused: DomNode | undefined;
}

/** Undefined when `raw` is not a DOM tree. */
export function readDom(raw: unknown): Dom | undefined {
  if (!isObject(raw)) return undefined;
  const byRef = new Map<string, DomNode>();
  const marks: { target?: DomNode; focused?: DomNode } = {};
  readNode(raw, undefined, { byRef, marks });
  return { byRef, target: marks.target, focused: marks.focused };
}

interface Reading {
  readonly byRef: Map<string, DomNode>;
  readonly marks: { target?: DomNode; focused?: DomNode };
}

function readNode(raw: Readonly<Record<string, unknown>>, parent: DomNode | undefined, reading: Reading): DomNode {
  const children: DomNode[] = [];
  const node: DomNode = {
    ref: refOf(raw),
    tag: textOf(raw['tag']),
    text: foldSpace(textOf(raw['text'])),
    value: valueOf(raw['value']),
    identifiers: `${textOf(raw['classes'])} ${textOf(raw['id'])}`,
    classes: textOf(raw['classes']),
    background: textOf(raw['bgColor']),
    rect: rectOf(raw),
    parent,
    children,
  };
  reading.byRef.set(node.ref, node);
  if (raw['recordingTarget'] === true) reading.marks.target = node;
  if (raw['focused'] === true) reading.marks.focused = node;
  const below = raw['children'];
  if (Array.isArray(below)) for (const child of below) if (isObject(child)) children.push(readNode(child, node, reading));
  return node;
}

function refOf(raw: Readonly<Record<string, unknown>>): string {
  const number = typeof raw['ref'] === 'number' ? String(raw['ref']) : '';
  const element = textOf(raw['tag']).replace(/_.*/, '');
  return [number, element, textOf(raw['id'])].join(':');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function valueOf(value: unknown): string | boolean | undefined {
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
}

function rectOf(raw: Readonly<Record<string, unknown>>): DomNode['rect'] {
  const { left, top, width, height } = raw;
  if (typeof left !== 'number' || typeof top !== 'number') return undefined;
  if (typeof width !== 'number' || typeof height !== 'number') return undefined;
  return { x: left, y: top, width, height };
}

export function foldSpace(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

export function* descendantsOf(node: DomNode): Generator<DomNode> {
  for (const child of node.children) {
    yield child;
    yield* descendantsOf(child);
  }
}

export function* ancestorsOf(node: DomNode): Generator<DomNode> {
  for (let at = node.parent; at !== undefined; at = at.parent) yield at;
}

/** Texts of a node and below, in order, values of fields left out. */
export function textLeavesOf(node: DomNode): string[] {
  const own = node.text === '' || isField(node) ? [] : [node.text];
  return [...own, ...node.children.flatMap(textLeavesOf)];
}

const buttonTags = new Set(['INPUT_submit', 'INPUT_button', 'INPUT_reset', 'INPUT_image']);

export function isButtonInput(node: DomNode): boolean {
  return buttonTags.has(node.tag);
}

/** Something that holds a value. */
export function isField(node: DomNode): boolean {
  return (node.tag.startsWith('INPUT') && !isButtonInput(node)) || node.tag === 'TEXTAREA' || node.tag === 'SELECT';
}

export function isToggle(node: DomNode): boolean {
  return node.tag === 'INPUT_checkbox' || node.tag === 'INPUT_radio';
}

const secretWord = /(?:^|[^a-z])(?:passw(?:or)?d|passcode|passphrase|pwd|pin|pincode|otp|cvv2?|cvc2?|csc)(?:[^a-z]|$)/i;

/** A password field, or a bare one that its page calls so. */
export function isSecretField(node: DomNode): boolean {
  return node.tag === 'INPUT_password' || (isBareInput(node) && secretWord.test(node.identifiers));
}

function isBareInput(node: DomNode): boolean {
  return node.tag === 'INPUT_text' || node.tag === 'INPUT_tel' || node.tag === 'INPUT_number';
}

/** Not a field, yet it has the focus and takes keys: text that is edited in place. */
export function isEditable(node: DomNode): boolean {
  return !isControl(node) && node.tag !== 'BODY' && node.tag !== 'HTML';
}

const interactiveTags = new Set(['A', 'BUTTON', 'OPTION', 'SUMMARY', 'LABEL']);

/** A control that a person would name. */
export function isControl(node: DomNode): boolean {
  return isField(node) || isButtonInput(node) || interactiveTags.has(node.tag);
}
