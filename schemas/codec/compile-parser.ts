import { maximumInteger } from './byte-writer.ts';
import {
  isFields,
  shapeOf,
  type ArrayNode,
  type AvroNode,
  type EnumNode,
  type FieldNode,
  type NumberNode,
  type RecordNode,
  type StringNode,
} from './schema-model.ts';

/** Why a value from outside is not of the wanted type. Never holds the value. */
export class Mismatch {
  /** `target.rect.x`; empty when the whole value is wrong. */
  readonly field: string;
  readonly problem: string;

  constructor(field: string, problem: string) {
    this.field = field;
    this.problem = problem;
  }

  inside(segment: string): Mismatch {
    const joint = this.field === '' || this.field.startsWith('[') ? '' : '.';
    return new Mismatch(`${segment}${joint}${this.field}`, this.problem);
  }
}

/** Answers the value, checked and cleaned, or a Mismatch. Bad input is expected here: nothing is thrown. */
export type ParseValue = (value: unknown) => unknown;

/**
 * A parser of JSON values for `node`, with the limits that its schema gives. It copies what it knows and drops what it does not; null counts as absent;
 * an unknown symbol of an enum with a default becomes the default.
 */
export function compileParser(node: AvroNode): ParseValue {
  switch (node.kind) {
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : new Mismatch('', `must be true or false, not ${shapeOf(value)}`));
    case 'int':
    case 'long':
    case 'double':
      return numberParser(node);
    case 'string':
      return stringParser(node);
    case 'array':
      return arrayParser(node);
    case 'nullable':
      return compileParser(node.inner);
    case 'enum':
      return enumParser(node);
    case 'record':
      return recordParser(node);
  }
}

function numberParser(node: NumberNode): ParseValue {
  const limit = node.kind === 'int' ? 2 ** 31 - 1 : node.kind === 'long' ? maximumInteger : Number.MAX_VALUE;
  const minimum = node.min ?? -limit;
  return (value) => {
    if (typeof value !== 'number') return new Mismatch('', `must be a number, not ${shapeOf(value)}`);
    if (node.kind !== 'double' && !Number.isInteger(value)) return new Mismatch('', 'must be an integer');
    if (!(value >= minimum && value <= limit)) return new Mismatch('', `must be from ${minimum} to ${limit}`);
    if (node.only !== undefined && value !== node.only) return new Mismatch('', `must be ${node.only}`);
    return value;
  };
}

function stringParser(node: StringNode): ParseValue {
  const maximumBytes = node.maxBytes ?? Number.MAX_SAFE_INTEGER;
  const pattern = node.pattern === undefined ? undefined : new RegExp(node.pattern, 'u');
  return (value) => {
    if (typeof value !== 'string') return new Mismatch('', `must be a string, not ${shapeOf(value)}`);
    if (value.length * 3 > maximumBytes && utf8Bytes(value) > maximumBytes) return new Mismatch('', `is longer than ${maximumBytes} bytes`);
    if (pattern !== undefined && !pattern.test(value)) return new Mismatch('', `must match ${node.pattern}`);
    return value;
  };
}

/** Bytes of `text` in UTF-8, without encoding it and without Node. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7ff) bytes += code >= 0xd800 && code <= 0xdfff ? 1 : 2;
    else if (code > 0x7f) bytes += 1;
  }
  return bytes;
}

function enumParser(node: EnumNode): ParseValue {
  const values = new Set<unknown>(node.values);
  const fallback = node.defaultIndex === undefined ? undefined : node.values[node.defaultIndex];
  return (value) => {
    if (values.has(value)) return value;
    if (typeof value === 'string' && fallback !== undefined) return fallback;
    return new Mismatch('', `must be one of ${node.values.join(', ')}`);
  };
}

function arrayParser(node: ArrayNode): ParseValue {
  const parseItem = compileParser(node.items);
  const maximumCount = node.maxItemCount ?? Number.MAX_SAFE_INTEGER;
  return (value) => {
    if (!Array.isArray(value)) return new Mismatch('', `must be an array, not ${shapeOf(value)}`);
    if (value.length > maximumCount) return new Mismatch('', `has more than ${maximumCount} items`);
    const items: unknown[] = [];
    for (const [index, entry] of value.entries()) {
      const item = parseItem(entry);
      if (item instanceof Mismatch) return item.inside(`[${index}]`);
      items.push(item);
    }
    return items;
  };
}

function recordParser(node: RecordNode): ParseValue {
  const parsers = node.fields.map((field) => ({ name: field.name, parse: fieldParser(field) }));
  return (value) => {
    if (!isFields(value)) return new Mismatch('', `must be an object, not ${shapeOf(value)}`);
    const record: Record<string, unknown> = {};
    for (const { name, parse } of parsers) {
      const parsed = parse(Object.hasOwn(value, name) ? value[name] : undefined);
      if (parsed === undefined) continue;
      if (parsed instanceof Mismatch) return parsed.inside(name);
      record[name] = parsed;
    }
    return record;
  };
}

function fieldParser(field: FieldNode): ParseValue {
  const parse = compileParser(field.node);
  const absent = field.node.kind === 'nullable' ? undefined : (field.fallback?.value ?? new Mismatch('', 'is missing'));
  return (value) => (value === undefined || value === null ? absent : parse(value));
}
