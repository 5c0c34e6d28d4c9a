import type { SchemaRegistry } from '../schema-registry.ts';

/** A corner of a registry that others use too: its subjects begin with `prefix`. */
export function prefixedRegistry(registry: SchemaRegistry, prefix: string): SchemaRegistry {
  return {
    register: (subject, schemaText) => registry.register(`${prefix}${subject}`, schemaText),
    schemaById: (id) => registry.schemaById(id),
    versionsOf: async (subject) => (await registry.versionsOf(`${prefix}${subject}`)).map((version) => ({ ...version, subject })),
  };
}
