import { AvroFault } from './avro-fault.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ArrayNode, AvroNode, EnumNode, FieldNode, RecordNode } from './schema-model.ts';

/** Reads one value. @throws {AvroFault} when the bytes are not one. */
export type ReadValue = (reader: ByteReader) => unknown;

/**
 * A reader for bytes that were written with `written` and are wanted as `wanted` (Avro's schema resolution): unknown fields are skipped, missing ones
 * take their default, unknown enum symbols the enum's default; nulls become absent properties. `undefined` when the two cannot be resolved:
 * `compatibilityProblems` says why.
 */
export function compileReader(written: AvroNode, wanted: AvroNode): ReadValue | undefined {
  if (wanted.kind === 'nullable') return nullableReader(written, wanted.inner);
  if (written.kind === 'nullable') return undefined;
  if (written.kind === 'record') return wanted.kind === 'record' ? recordReader(written, wanted) : undefined;
  if (written.kind === 'enum') return wanted.kind === 'enum' ? enumReader(written, wanted) : undefined;
  if (written.kind === 'array') return wanted.kind === 'array' ? arrayReader(written, wanted) : undefined;
  if (wanted.kind === written.kind || isPromotion(written.kind, wanted.kind)) return primitiveReaders[written.kind];
  return undefined;
}

/** True when every number of `from` is one of `to`. */
export function isPromotion(from: AvroNode['kind'], to: AvroNode['kind']): boolean {
  return (from === 'int' && (to === 'long' || to === 'double')) || (from === 'long' && to === 'double');
}

const primitiveReaders = {
  boolean: (reader: ByteReader) => reader.boolean(),
  int: (reader: ByteReader) => reader.integer(),
  long: (reader: ByteReader) => reader.integer(),
  double: (reader: ByteReader) => reader.double(),
  string: (reader: ByteReader) => reader.string(),
} as const;

function nullableReader(written: AvroNode, wanted: AvroNode): ReadValue | undefined {
  const read = compileReader(written.kind === 'nullable' ? written.inner : written, wanted);
  if (read === undefined || written.kind !== 'nullable') return read;
  return (reader) => (reader.isNull() ? undefined : read(reader));
}

function enumReader(written: EnumNode, wanted: EnumNode): ReadValue {
  const fallback = wanted.defaultIndex === undefined ? undefined : wanted.values[wanted.defaultIndex];
  const values = written.symbols.map((symbol) => wanted.values[wanted.symbols.indexOf(symbol)] ?? fallback);
  return (reader) => {
    const value = values[reader.integer()];
    if (value === undefined) throw new AvroFault(`is not a known ${wanted.name} on the wire`);
    return value;
  };
}

function arrayReader(written: ArrayNode, wanted: ArrayNode): ReadValue | undefined {
  const readItem = compileReader(written.items, wanted.items);
  if (readItem === undefined) return undefined;
  return (reader) => {
    const items: unknown[] = [];
    for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
      for (const end = items.length + count; items.length < end;) items.push(itemAt(reader, readItem, items.length));
    }
    return items;
  };
}

function itemAt(reader: ByteReader, readItem: ReadValue, index: number): unknown {
  try {
    return readItem(reader);
  } catch (error) {
    throw error instanceof AvroFault ? error.inside(`[${index}]`) : error;
  }
}

/** Items in the next block, bounded by the bytes that are there, so that a forged count costs nothing. */
function blockCount(reader: ByteReader): number {
  const count = reader.integer();
  if (count < 0) reader.integer();
  if (Math.abs(count) > reader.remainingBytes) throw new AvroFault('is cut short');
  return Math.abs(count);
}

interface FieldReader {
  readonly name: string;
  readonly read: ReadValue;
  /** The writer wrote a union with null: the branch comes first. Read here, because most fields of most records are absent. */
  readonly isOptional: boolean;
  /** False when the wanted record has no such field: the value is read and dropped. */
  readonly isKept: boolean;
}

function recordReader(written: RecordNode, wanted: RecordNode): ReadValue | undefined {
  if (written.name !== wanted.name && !wanted.aliases.includes(written.name)) return undefined;
  const readers: FieldReader[] = [];
  for (const field of written.fields) {
    const reader = fieldReader(field, wantedField(wanted, field.name));
    if (reader === undefined) return undefined;
    readers.push(reader);
  }
  const kept = new Set(readers.filter((reader) => reader.isKept).map((reader) => reader.name));
  const missing = wanted.fields.filter((field) => !kept.has(field.name));
  if (missing.some((field) => field.fallback === undefined)) return undefined;
  return readRecord(
    readers,
    missing.flatMap((field) => defaultEntry(field)),
  );
}

function fieldReader(written: FieldNode, target: FieldNode | undefined): FieldReader | undefined {
  const wanted = (target ?? written).node;
  const isOptional = written.node.kind === 'nullable' && wanted.kind === 'nullable';
  const read = isOptional ? compileReader(written.node.inner, wanted.inner) : compileReader(written.node, wanted);
  return read === undefined ? undefined : { name: target?.name ?? written.name, read, isOptional, isKept: target !== undefined };
}

/** The field of `wanted` that takes what a writer wrote under `name`. */
export function wantedField(wanted: RecordNode, name: string): FieldNode | undefined {
  return wanted.fields.find((field) => field.name === name) ?? wanted.fields.find((field) => field.aliases.includes(name));
}

function defaultEntry(field: FieldNode): readonly (readonly [string, unknown])[] {
  return field.fallback?.value === undefined ? [] : [[field.name, field.fallback.value]];
}

function readRecord(readers: readonly FieldReader[], defaults: readonly (readonly [string, unknown])[]): ReadValue {
  return (reader) => {
    const record: Record<string, unknown> = {};
    let current = '';
    try {
      for (const { name, read, isOptional, isKept } of readers) {
        current = name;
        if (isOptional && reader.isNull()) continue;
        const value = read(reader);
        if (isKept && value !== undefined) record[name] = value;
      }
    } catch (error) {
      throw error instanceof AvroFault ? error.inside(current) : error;
    }
    for (const [name, value] of defaults) record[name] = value;
    return record;
  };
}
