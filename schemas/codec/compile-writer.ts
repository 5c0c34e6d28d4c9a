import { AvroFault } from './avro-fault.ts';
import { checkInteger, type ByteWriter } from './byte-writer.ts';
import { isFields, shapeOf, type ArrayNode, type AvroNode, type EnumNode, type NumberNode, type RecordNode } from './schema-model.ts';

/** Writes one value. @throws {AvroFault} when the value is not of the node's type. */
export type WriteValue = (writer: ByteWriter, value: unknown) => void;

/** A writer for values of `node`: nothing is copied, absent properties become nulls. */
export function compileWriter(node: AvroNode): WriteValue {
  switch (node.kind) {
    case 'boolean':
      return writeBoolean;
    case 'int':
    case 'long':
    case 'double':
      return numberWriter(node);
    case 'string':
      return writeString;
    case 'array':
      return arrayWriter(node);
    case 'nullable':
      return nullableWriter(compileWriter(node.inner));
    case 'enum':
      return enumWriter(node);
    case 'record':
      return recordWriter(node);
  }
}

function writeBoolean(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'boolean') throw new AvroFault(`must be a boolean, not ${shapeOf(value)}`);
  writer.byte(value ? 1 : 0);
}

function writeString(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'string') throw new AvroFault(`must be a string, not ${shapeOf(value)}`);
  writer.string(value);
}

function writeInteger(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'number') throw new AvroFault(`must be an integer, not ${shapeOf(value)}`);
  writer.integer(checkInteger(value));
}

function writeDouble(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'number') throw new AvroFault(`must be a number, not ${shapeOf(value)}`);
  writer.double(value);
}

function numberWriter(node: NumberNode): WriteValue {
  const write = node.kind === 'double' ? writeDouble : node.kind === 'int' ? writeInt : writeInteger;
  if (node.only === undefined) return write;
  return (writer, value) => {
    if (value !== node.only) throw new AvroFault(`must be ${node.only}`);
    write(writer, value);
  };
}

function writeInt(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'number' || (value | 0) !== value) throw new AvroFault(`must be a 32-bit integer, not ${shapeOf(value)}`);
  writer.integer(value);
}

function nullableWriter(inner: WriteValue): WriteValue {
  return (writer, value) => {
    if (!writer.branch(value)) inner(writer, value);
  };
}

function enumWriter(node: EnumNode): WriteValue {
  const indexes = new Map<unknown, number>(node.values.map((value, index) => [value, index]));
  return (writer, value) => {
    const index = indexes.get(value);
    if (index === undefined) throw new AvroFault(`must be one of ${node.name}, not ${shapeOf(value)}`);
    writer.integer(index);
  };
}

function arrayWriter(node: ArrayNode): WriteValue {
  const writeItem = compileWriter(node.items);
  return (writer, value) => {
    if (!Array.isArray(value)) throw new AvroFault(`must be an array, not ${shapeOf(value)}`);
    if (value.length > 0) writer.integer(value.length);
    for (let index = 0; index < value.length; index += 1) {
      try {
        writeItem(writer, value[index]);
      } catch (error) {
        throw error instanceof AvroFault ? error.inside(`[${index}]`) : error;
      }
    }
    writer.byte(0);
  };
}

function recordWriter(node: RecordNode): WriteValue {
  const fields = node.fields.map(({ name, node: type }) =>
    type.kind === 'nullable'
      ? { name, write: compileWriter(type.inner), isOptional: true }
      : { name, write: compileWriter(type), isOptional: false },
  );
  return (writer, value) => {
    if (!isFields(value)) throw new AvroFault(`must be an object, not ${shapeOf(value)}`);
    let current = '';
    try {
      for (const { name, write, isOptional } of fields) {
        current = name;
        const item = value[name];
        // Most fields of most records are absent: no call for those.
        if (isOptional && writer.branch(item)) continue;
        write(writer, item);
      }
    } catch (error) {
      throw error instanceof AvroFault ? error.inside(current) : error;
    }
  };
}
