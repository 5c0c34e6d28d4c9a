import { parseSchema } from '../codec/parse-schema.ts';
import { isFields } from '../codec/schema-model.ts';
import { groupBy } from './group-by.ts';

/** An .avsc file as read: `capture-chunk-1.avsc` holds version 1 of record `capture-chunk`. */
export interface SchemaFile {
  readonly fileName: string;
  readonly text: string;
}

/**
 * The module that carries all schemas into the program, so that no file is looked up at run time: for each record its topic, its TypeScript
 * type and its versions, oldest first, without docs.
 */
export function renderSchemas(files: readonly SchemaFile[]): string {
  const records = groupBy(files.toSorted(byVersion), (file) => recordNameOf(file.fileName));
  const entries = [...records].map(([name, versions]) => renderEntry(name, versions));
  const newest = [...records.values()].flatMap((versions) => versions.slice(-1).map((file) => parseSchema(file.text)));
  const imports = [...groupBy(newest, (schema) => schema.module)].map(
    ([module, schemas]) =>
      `import type { ${schemas
        .map((schema) => schema.root.name)
        .toSorted()
        .join(', ')} } from './${module}.ts';\n`,
  );
  const types = newest.map((schema) => `  readonly '${schema.topic}': ${schema.root.name};\n`);
  return [
    '// Generated from schemas/avro by schemas/codegen; change the .avsc files and run the generator (see docs/events.md).\n',
    imports.join(''),
    '\n/** What a record of each topic is. */\nexport interface TopicRecords {\n',
    types.join(''),
    '}\n\n/** Every committed schema of each topic, oldest first, as registered. */\n',
    'export const topicSchemas: Readonly<Record<keyof TopicRecords, readonly string[]>> = {\n',
    entries.join(''),
    '};\n',
  ].join('');
}

/** `capture-chunk` of `capture-chunk-1.avsc`. */
export function recordNameOf(fileName: string): string {
  return fileName.replace(/-\d+\.avsc$/, '');
}

/** By record, then oldest first. */
export function byVersion(left: SchemaFile, right: SchemaFile): number {
  const names = recordNameOf(left.fileName).localeCompare(recordNameOf(right.fileName), 'en');
  return names === 0 ? versionOf(left.fileName) - versionOf(right.fileName) : names;
}

function versionOf(fileName: string): number {
  return Number(/-(\d+)\.avsc$/.exec(fileName)?.[1] ?? 0);
}

function renderEntry(name: string, versions: readonly SchemaFile[]): string {
  const topic = parseSchema(versions.at(-1)?.text ?? '').topic;
  const lines = versions.map((file) => `    // ${name}-${versionOf(file.fileName)}.avsc\n    '${withoutDocs(file.text)}',\n`);
  return `  '${topic}': [\n${lines.join('')}  ],\n`;
}

function withoutDocs(text: string): string {
  const json: unknown = JSON.parse(text);
  return JSON.stringify(stripped(json)).replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}

function stripped(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(stripped);
  if (!isFields(json)) return json;
  const kept = Object.entries(json).filter(([name]) => name !== 'doc' && name !== 'symbolDocs');
  return Object.fromEntries(kept.map(([name, value]) => [name, stripped(value)]));
}
