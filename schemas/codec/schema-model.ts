/**
 * The part of Avro that Stepwright's records use: boolean, int, long, double, string, array, record, enum, and `["null", T]` with default
 * null for what may be absent. Attributes beyond Avro, ignored by other readers: `jsNames` (TypeScript value of an enum symbol, because
 * symbols hold no dots or dashes), `const` (the one value of a number), and the limits that `compileParser` enforces.
 */
export type AvroNode = BooleanNode | NumberNode | StringNode | ArrayNode | NullableNode | RecordNode | EnumNode;

export interface BooleanNode {
  readonly kind: 'boolean';
}
export interface NumberNode {
  readonly kind: 'int' | 'long' | 'double';
  /** Enforced by parsers only. */
  readonly min?: number;
  /** The only value allowed, when present. */
  readonly only?: number;
}
export interface StringNode {
  readonly kind: 'string';
  /** UTF-8 bytes; enforced by parsers only. */
  readonly maxBytes?: number;
  /** Enforced by parsers only. */
  readonly pattern?: string;
}
export interface ArrayNode {
  readonly kind: 'array';
  readonly items: AvroNode;
  /** Enforced by parsers only. */
  readonly maxItemCount?: number;
}
/** `["null", inner]`: null on the wire, an absent property in JavaScript and JSON. */
export interface NullableNode {
  readonly kind: 'nullable';
  readonly inner: AvroNode;
}
export interface EnumNode {
  readonly kind: 'enum';
  readonly name: string;
  readonly doc: string;
  readonly symbols: readonly string[];
  /** What each symbol is in TypeScript and JSON; same positions as `symbols`. */
  readonly values: readonly string[];
  readonly valueDocs: ReadonlyMap<string, string>;
  /** Position of the symbol that stands for those a reader does not know. */
  readonly defaultIndex?: number;
}
export interface RecordNode {
  readonly kind: 'record';
  readonly name: string;
  readonly doc: string;
  readonly aliases: readonly string[];
  readonly fields: readonly FieldNode[];
}
export interface FieldNode {
  readonly name: string;
  readonly doc: string;
  readonly aliases: readonly string[];
  readonly node: AvroNode;
  /** Present when the schema gives one: what a reader puts where an older writer wrote nothing. `undefined` as value means absent. */
  readonly fallback?: { readonly value: unknown };
}

/** An .avsc file: its root record and where it belongs. */
export interface RecordSchema {
  readonly root: RecordNode;
  readonly topic: string;
  /** File under schemas/types that holds the generated type, without ending. */
  readonly module: string;
}

/** Values as they come, before anything is known of them. */
export type Fields = Readonly<Record<string, unknown>>;

/** True for objects with named properties: not null, not an array, not bytes. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** The kind of a value in words, for messages; never the value. */
export function shapeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string') return `a string of ${value.length} characters`;
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a number that is not an integer';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
