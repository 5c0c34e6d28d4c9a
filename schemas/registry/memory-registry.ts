import { parseSchema } from '../codec/parse-schema.ts';
import { assertReadsAll } from './check-new-version.ts';
import type { RegisteredSchema, SchemaRegistry } from './schema-registry.ts';

/** A registry that lives as long as the process: for tests and one-shot commands. */
export function createMemoryRegistry(): SchemaRegistry {
  const entries: RegisteredSchema[] = [];
  const ofSubject = (subject: string): readonly RegisteredSchema[] => entries.filter((entry) => entry.subject === subject);
  return {
    register: async (subject, schemaText) => {
      const known = ofSubject(subject).find((entry) => entry.schemaText === schemaText);
      if (known !== undefined) return known.id;
      parseSchema(schemaText);
      assertReadsAll(subject, schemaText, ofSubject(subject));
      entries.push({ id: entries.length + 1, subject, schemaText });
      return entries.length;
    },
    schemaById: (id) => entries[id - 1]?.schemaText,
    versionsOf: async (subject) => ofSubject(subject),
  };
}
