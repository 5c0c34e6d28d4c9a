import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { StepwrightError } from '../../topology/base/errors.ts';
import { parseSchema } from '../codec/parse-schema.ts';
import type { RecordNode } from '../codec/schema-model.ts';
import { groupBy } from './group-by.ts';
import { renderEventDocs } from './render-event-docs.ts';
import { byVersion, recordNameOf, renderSchemas, type SchemaFile } from './render-schemas.ts';
import { renderTypes } from './render-types.ts';

/** A generated file, path relative to the package. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** The .avsc files of `directory`, by name. */
export function readSchemaFiles(directory: string): readonly SchemaFile[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.avsc'));
  return names.toSorted().map((fileName) => ({ fileName, text: readFileSync(`${directory}/${fileName}`, 'utf8') }));
}

/** Everything that is made from the .avsc files: one module of types each, and the module of schemas. */
export function generateFiles(files: readonly SchemaFile[]): readonly GeneratedFile[] {
  const records = groupBy(files.toSorted(byVersion), (file) => recordNameOf(file.fileName));
  const newest = [...records.values()].flatMap((versions) => versions.slice(-1));
  const types = renderTypes(newest.map((file) => parseSchema(file.text)));
  return [
    ...types.map(({ module, text }) => ({ path: `schemas/types/${module}.ts`, text })),
    { path: 'schemas/types/topic-records.ts', text: renderSchemas(files) },
  ];
}

/** The record CaptureEvent of the newest version of capture-chunk. */
function eventRecord(files: readonly SchemaFile[]): RecordNode {
  const newest = files.toSorted(byVersion).findLast((file) => recordNameOf(file.fileName) === 'capture-chunk');
  const events = parseSchema(newest?.text ?? '').root.fields.find((field) => field.name === 'events')?.node;
  if (events?.kind === 'array' && events.items.kind === 'record') return events.items;
  throw new StepwrightError('SCHEMA_INVALID', 'capture-chunk has no array of events');
}

/** `text` of docs/events.md with its tables renewed. */
export function generateEventDocs(files: readonly SchemaFile[], text: string): string {
  return renderEventDocs(text, eventRecord(files));
}

/** Run as a program (from dist): writes the generated files into the package. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));
  const files = readSchemaFiles(`${packageRoot}schemas/avro`);
  for (const { path, text } of generateFiles(files)) writeFileSync(`${packageRoot}${path}`, text);
  const docsPath = `${packageRoot}docs/events.md`;
  writeFileSync(docsPath, generateEventDocs(files, readFileSync(docsPath, 'utf8')));
}
