import type { AvroNode, EnumNode, FieldNode, RecordNode, RecordSchema } from '../codec/schema-model.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

type Named = RecordNode | EnumNode;

/** One generated module under schemas/types: its name without ending, and its text. */
export interface TypesModule {
  readonly module: string;
  readonly text: string;
}

const heading = '// Generated from schemas/avro by schemas/codegen; change the .avsc files and run the generator (see docs/events.md).\n';

/**
 * TypeScript types of all records, one module for each `module` attribute. A type that several records share is emitted in the first module
 * that has it and imported by the others.
 * @throws {SCHEMA_INVALID} when two files define one name differently.
 */
export function renderTypes(schemas: readonly RecordSchema[]): readonly TypesModule[] {
  const owners = new Map<string, string>();
  const texts = new Map<string, string>();
  const bodies = new Map<string, string[]>();
  for (const schema of schemas) {
    for (const named of namedTypesOf(schema.root)) {
      const text = renderNamed(named);
      assertSame(named.name, texts.get(named.name), text);
      texts.set(named.name, text);
      if (owners.has(named.name)) continue;
      owners.set(named.name, schema.module);
      bodies.set(schema.module, [...(bodies.get(schema.module) ?? []), text]);
    }
  }
  return [...bodies].map(([module, body]) => ({ module, text: renderModule(module, body, schemas, owners) }));
}

function assertSame(name: string, before: string | undefined, now: string): void {
  if (before !== undefined && before !== now) throw new StepwrightError('SCHEMA_INVALID', `${name}: two .avsc files define it differently`);
}

function renderModule(
  module: string,
  body: readonly string[],
  schemas: readonly RecordSchema[],
  owners: ReadonlyMap<string, string>,
): string {
  const used = new Set(
    schemas.filter((schema) => schema.module === module).flatMap((schema) => namedTypesOf(schema.root).map((named) => named.name)),
  );
  const imports = new Map<string, string[]>();
  for (const name of used) {
    const owner = owners.get(name) ?? module;
    if (owner !== module) imports.set(owner, [...(imports.get(owner) ?? []), name]);
  }
  const lines = [...imports].map(([owner, names]) => `import type { ${names.toSorted().join(', ')} } from './${owner}.ts';\n`);
  return `${heading}${lines.join('')}\n${body.join('\n')}`;
}

/** Types with a name inside `node`, outermost first, each once. */
function namedTypesOf(node: AvroNode, found: Map<string, Named> = new Map()): readonly Named[] {
  if (node.kind === 'nullable') return namedTypesOf(node.inner, found);
  if (node.kind === 'array') return namedTypesOf(node.items, found);
  if (node.kind !== 'record' && node.kind !== 'enum') return [...found.values()];
  if (!found.has(node.name)) {
    found.set(node.name, node);
    if (node.kind === 'record') for (const field of node.fields) namedTypesOf(field.node, found);
  }
  return [...found.values()];
}

function renderNamed(node: Named): string {
  return node.kind === 'enum' ? renderEnum(node) : renderRecord(node);
}

function renderRecord(node: RecordNode): string {
  return `${renderDoc(node.doc, '')}export interface ${node.name} {\n${node.fields.map(renderField).join('')}}\n`;
}

function renderField(field: FieldNode): string {
  const optional = field.node.kind === 'nullable' ? '?' : '';
  return `${renderDoc(field.doc, '  ')}  readonly ${field.name}${optional}: ${typeName(field.node)};\n`;
}

function renderEnum(node: EnumNode): string {
  const members = node.values.map((value) => `${renderDoc(node.valueDocs.get(value) ?? '', '  ')}  | '${value}'`);
  return `${renderDoc(node.doc, '')}export type ${node.name} =\n${members.join('\n')};\n`;
}

function typeName(node: AvroNode): string {
  switch (node.kind) {
    case 'nullable':
      return typeName(node.inner);
    case 'array':
      return `readonly ${typeName(node.items)}[]`;
    case 'record':
    case 'enum':
      return node.name;
    case 'boolean':
    case 'string':
      return node.kind;
    default:
      return node.only === undefined ? 'number' : String(node.only);
  }
}

function renderDoc(doc: string, indent: string): string {
  return doc === '' ? '' : `${indent}/** ${doc} */\n`;
}
