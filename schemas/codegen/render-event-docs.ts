import type { AvroNode, EnumNode, FieldNode, RecordNode } from '../codec/schema-model.ts';
import { eventKindRules } from '../event-kinds.ts';

/**
 * `text` of docs/events.md with its tables made anew: what stands between `<!-- kinds -->` or `<!-- fields -->` and `<!-- end -->` is replaced by
 * the table of event kinds and the tables of fields of `event`, the record CaptureEvent.
 */
export function renderEventDocs(text: string, event: RecordNode): string {
  return [
    ['kinds', kindTable(event)],
    ['fields', fieldTables(event)],
  ].reduce(
    (page, [marker = '', table = '']) =>
      page.replace(new RegExp(`(<!-- ${marker} -->\n)[^]*?(<!-- end -->)`), `$1${escapeDollar(table)}$2`),
    text,
  );
}

function escapeDollar(table: string): string {
  return table.replaceAll('$', '$$$$');
}

function kindTable(event: RecordNode): string {
  const kind = event.fields.find((field) => field.name === 'kind')?.node;
  const docs: ReadonlyMap<string, string> = kind?.kind === 'enum' ? kind.valueDocs : new Map();
  const rows = Object.entries(eventKindRules).map(([name, rule]) => {
    const cells = [code(name), rule.writer, rule.required.map(code).join(', '), rule.optional.map(code).join(', '), docs.get(name) ?? ''];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `| kind | written by | must carry | may carry | meaning |\n|---|---|---|---|---|\n${rows.join('')}`;
}

function fieldTables(event: RecordNode): string {
  return recordsOf(event)
    .map((record) => `\n### ${record.name}\n\n${record.doc === '' ? '' : `${record.doc}\n\n`}${fieldTable(record)}`)
    .join('');
}

function fieldTable(record: RecordNode): string {
  const rows = record.fields.map(
    (field) => `| ${code(field.name)} | ${typeText(field.node)} | ${isOptional(field) ? '' : 'yes'} | ${field.doc} |\n`,
  );
  return `| field | type and limit | required | meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

function isOptional(field: FieldNode): boolean {
  return field.node.kind === 'nullable';
}

function recordsOf(node: AvroNode, found: Map<string, RecordNode> = new Map()): readonly RecordNode[] {
  if (node.kind === 'nullable') return recordsOf(node.inner, found);
  if (node.kind === 'array') return recordsOf(node.items, found);
  if (node.kind !== 'record' || found.has(node.name)) return [...found.values()];
  found.set(node.name, node);
  for (const field of node.fields) recordsOf(field.node, found);
  return [...found.values()];
}

function typeText(node: AvroNode): string {
  switch (node.kind) {
    case 'nullable':
      return typeText(node.inner);
    case 'array':
      return `array of ${typeText(node.items)}${node.maxItemCount === undefined ? '' : `, at most ${node.maxItemCount}`}`;
    case 'record':
      return `[${node.name}](#${node.name.toLowerCase()})`;
    case 'enum':
      return enumText(node);
    case 'string':
      return `string${node.maxBytes === undefined ? '' : `, at most ${node.maxBytes} bytes`}${node.pattern === undefined ? '' : `, ${code(node.pattern)}`}`;
    case 'boolean':
      return 'boolean';
    default:
      return `${node.kind === 'double' ? 'number' : 'integer'}${node.min === undefined ? '' : `, ${node.min} or more`}`;
  }
}

const kindEnum = 'EventKind';

function enumText(node: EnumNode): string {
  return node.name === kindEnum ? 'see above' : node.values.map(code).join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}
