import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, openSync, closeSync, fsyncSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepwrightError } from '../../topology/base/errors.ts';
import { parseSchema } from '../codec/parse-schema.ts';
import { isFields } from '../codec/schema-model.ts';
import { assertReadsAll } from './check-new-version.ts';
import type { RegisteredSchema, SchemaRegistry } from './schema-registry.ts';

/**
 * A registry in a folder, one file an id: `<id>.json` with subject and schema. Files are never changed. An id is taken by hard-linking a complete,
 * synced file to its name, which fails when the name is there: so two processes cannot take one id, and a crash leaves a whole file or none.
 * Formats: `{subject, schema}` – 1.
 */
export function createFileRegistry(directory: string): SchemaRegistry {
  mkdirSync(directory, { recursive: true });
  return new FileRegistry(directory);
}

class FileRegistry implements SchemaRegistry {
  readonly #directory: string;
  readonly #entries = new Map<number, RegisteredSchema>();

  constructor(directory: string) {
    this.#directory = directory;
    this.#refresh();
  }

  async register(subject: string, schemaText: string): Promise<number> {
    parseSchema(schemaText);
    for (;;) {
      this.#refresh();
      const versions = this.#ofSubject(subject);
      const known = versions.find((entry) => entry.schemaText === schemaText);
      if (known !== undefined) return known.id;
      assertReadsAll(subject, schemaText, versions);
      const id = Math.max(0, ...this.#entries.keys()) + 1;
      if (takeName(this.#directory, id, JSON.stringify({ subject, schema: schemaText }))) return id;
    }
  }

  schemaById(id: number): string | undefined {
    if (!this.#entries.has(id)) this.#refresh();
    return this.#entries.get(id)?.schemaText;
  }

  async versionsOf(subject: string): Promise<readonly RegisteredSchema[]> {
    this.#refresh();
    return this.#ofSubject(subject);
  }

  #ofSubject(subject: string): readonly RegisteredSchema[] {
    const found = [...this.#entries.values()].filter((entry) => entry.subject === subject);
    return found.toSorted((left, right) => left.id - right.id);
  }

  #refresh(): void {
    for (const name of readdirSync(this.#directory)) {
      const id = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0);
      if (id > 0 && !this.#entries.has(id)) this.#entries.set(id, readEntry(join(this.#directory, name), id));
    }
  }
}

function readEntry(path: string, id: number): RegisteredSchema {
  const json = jsonOrNothing(readFileSync(path, 'utf8'));
  const subject = isFields(json) ? json['subject'] : undefined;
  const schemaText = isFields(json) ? json['schema'] : undefined;
  if (typeof subject === 'string' && typeof schemaText === 'string') return { id, subject, schemaText };
  throw new StepwrightError('SCHEMA_INVALID', `schema file ${path} has no subject and schema: restore it from a backup`, {
    context: { path },
  });
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** False when another process took the id first. */
function takeName(directory: string, id: number, text: string): boolean {
  const temporary = join(directory, `.${randomUUID()}.tmp`);
  const file = openSync(temporary, 'w');
  try {
    writeFileSync(file, text);
    fsyncSync(file);
    linkSync(temporary, join(directory, `${id}.json`));
    syncDirectory(directory);
    return true;
  } catch (error) {
    if (isFields(error) && error['code'] === 'EEXIST') return false;
    throw error;
  } finally {
    closeSync(file);
    unlinkSync(temporary);
  }
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
