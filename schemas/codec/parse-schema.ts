import { StepwrightError } from '../../topology/base/errors.ts';
import {
  isFields,
  type AvroNode,
  type EnumNode,
  type FieldNode,
  type Fields,
  type NumberNode,
  type RecordNode,
  type RecordSchema,
} from './schema-model.ts';

type Names = Map<string, AvroNode>;

/**
 * Parses the text of an .avsc file into the nodes that writers, readers and parsers are compiled from.
 * @throws {SCHEMA_INVALID} when it is not JSON, not a record, or uses Avro that this codec does not speak; the message names the place.
 */
export function parseSchema(text: string): RecordSchema {
  const json = parseJson(text);
  const root = parseNode(json, 'schema', new Map());
  if (root.kind !== 'record' || !isFields(json)) throw invalid('schema', 'must be a record');
  return { root, topic: stringOr(json, 'topic', ''), module: stringOr(json, 'module', '') };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StepwrightError('SCHEMA_INVALID', 'schema: not JSON', { cause, context: { lengthBytes: text.length } });
  }
}

function parseNode(json: unknown, at: string, names: Names): AvroNode {
  if (typeof json === 'string') return namedOrPrimitive(json, {}, at, names);
  if (Array.isArray(json)) return parseUnion(json, at, names);
  if (!isFields(json)) throw invalid(at, 'must be a type name, an object or a union');
  const type = json['type'];
  if (type === 'record') return parseRecord(json, at, names);
  if (type === 'enum') return parseEnum(json, at, names);
  if (type === 'array')
    return { kind: 'array', items: parseNode(json['items'], `${at}.items`, names), ...numberAs(json, 'maxItems', 'maxItemCount') };
  if (typeof type === 'string') return namedOrPrimitive(type, json, at, names);
  throw invalid(at, 'has no type');
}

function namedOrPrimitive(type: string, attributes: Fields, at: string, names: Names): AvroNode {
  switch (type) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'int':
    case 'long':
    case 'double':
      return { kind: type };
    case 'string':
      return { kind: 'string', ...numberAs(attributes, 'maxBytes', 'maxBytes'), ...textAs(attributes, 'pattern') };
    default: {
      const named = names.get(simpleName(type));
      if (named === undefined) throw invalid(at, `names the type ${type}, which is unknown, recursive or not supported here`);
      return named;
    }
  }
}

function parseUnion(branches: readonly unknown[], at: string, names: Names): AvroNode {
  if (branches.length !== 2 || branches[0] !== 'null') throw invalid(at, 'only unions of the form ["null", T] are supported');
  const inner = parseNode(branches[1], at, names);
  if (inner.kind === 'nullable') throw invalid(at, 'a union cannot hold a union');
  return { kind: 'nullable', inner };
}

function parseRecord(json: Fields, at: string, names: Names): RecordNode {
  const name = requiredName(json, at);
  const fields = json['fields'];
  if (!Array.isArray(fields)) throw invalid(at, 'has no fields');
  const parsed = fields.map((field: unknown, index) => parseField(field, `${at}.fields[${index}]`, names));
  const node: RecordNode = {
    kind: 'record',
    name,
    doc: stringOr(json, 'doc', ''),
    aliases: stringList(json['aliases']).map(simpleName),
    fields: parsed,
  };
  return define(node, at, names);
}

function parseField(json: unknown, at: string, names: Names): FieldNode {
  if (!isFields(json)) throw invalid(at, 'must be an object');
  const name = requiredName(json, at);
  const node = limited(parseNode(json['type'], `${at} (${name})`, names), json);
  const field = { name, doc: stringOr(json, 'doc', ''), aliases: stringList(json['aliases']), node };
  if (!('default' in json)) {
    if (node.kind === 'nullable') throw invalid(`${at} (${name})`, 'a union with null needs the default null');
    return field;
  }
  return { ...field, fallback: { value: fallbackValue(json['default'], node, `${at} (${name})`) } };
}

function fallbackValue(value: unknown, node: AvroNode, at: string): unknown {
  if (node.kind === 'nullable') {
    if (value !== null) throw invalid(at, 'a union with null needs the default null');
    return undefined;
  }
  if (node.kind === 'enum') {
    const index = node.symbols.findIndex((symbol) => symbol === value);
    if (index < 0) throw invalid(at, 'the default is not a symbol of the enum');
    return node.values[index];
  }
  if (node.kind === 'array' && !(Array.isArray(value) && value.length === 0)) throw invalid(at, 'an array needs the default []');
  if (node.kind === 'record') throw invalid(at, 'a record cannot have a default: make it ["null", T]');
  return value;
}

function limited(node: AvroNode, json: Fields): AvroNode {
  if (node.kind === 'nullable') return { kind: 'nullable', inner: limited(node.inner, json) };
  if (!isNumber(node)) return node;
  return { ...node, ...numberAs(json, 'min', 'min'), ...numberAs(json, 'const', 'only') };
}

function isNumber(node: AvroNode): node is NumberNode {
  return node.kind === 'int' || node.kind === 'long' || node.kind === 'double';
}

function parseEnum(json: Fields, at: string, names: Names): EnumNode {
  const name = requiredName(json, at);
  const symbols = stringList(json['symbols']);
  if (symbols.length === 0) throw invalid(at, 'an enum needs symbols');
  const jsNames = isFields(json['jsNames']) ? json['jsNames'] : {};
  const values = symbols.map((symbol) => stringOr(jsNames, symbol, symbol));
  const docs = isFields(json['symbolDocs']) ? json['symbolDocs'] : {};
  const valueDocs = new Map(symbols.map((symbol, index) => [values[index] ?? symbol, stringOr(docs, symbol, '')]));
  const node = { kind: 'enum', name, doc: stringOr(json, 'doc', ''), symbols, values, valueDocs } as const;
  if (json['default'] === undefined) return define(node, at, names);
  const defaultIndex = symbols.findIndex((symbol) => symbol === json['default']);
  if (defaultIndex < 0) throw invalid(at, 'the default is not one of the symbols');
  return define({ ...node, defaultIndex }, at, names);
}

function define<Node extends RecordNode | EnumNode>(node: Node, at: string, names: Names): Node {
  if (names.has(node.name)) throw invalid(at, `defines ${node.name} a second time`);
  names.set(node.name, node);
  return node;
}

function requiredName(json: Fields, at: string): string {
  const name = json['name'];
  if (typeof name !== 'string' || name === '') throw invalid(at, 'has no name');
  return simpleName(name);
}

function simpleName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function stringOr(json: Fields, name: string, otherwise: string): string {
  const value = json[name];
  return typeof value === 'string' ? value : otherwise;
}

function stringList(json: unknown): readonly string[] {
  return Array.isArray(json) ? json.filter((item): item is string => typeof item === 'string') : [];
}

function numberAs<Name extends string>(json: Fields, attribute: string, as: Name): Partial<Record<Name, number>> {
  const value = json[attribute];
  const found: Partial<Record<Name, number>> = {};
  if (typeof value === 'number') found[as] = value;
  return found;
}

function textAs<Name extends string>(json: Fields, attribute: Name): Partial<Record<Name, string>> {
  const value = json[attribute];
  const found: Partial<Record<Name, string>> = {};
  if (typeof value === 'string') found[attribute] = value;
  return found;
}

function invalid(at: string, problem: string): StepwrightError {
  return new StepwrightError('SCHEMA_INVALID', `${at}: ${problem}`, { context: { at } });
}
