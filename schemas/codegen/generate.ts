import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSchema } from '../codec/parse-schema.ts';
import { groupBy } from './group-by.ts';
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

/** Run as a program (from dist): writes the generated files into the package. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));
  for (const { path, text } of generateFiles(readSchemaFiles(`${packageRoot}schemas/avro`))) writeFileSync(`${packageRoot}${path}`, text);
}
