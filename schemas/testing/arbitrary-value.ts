import fc from 'fast-check';
import type { AvroNode, NumberNode } from '../codec/schema-model.ts';

/** Values of `node` as programs hold them: absent properties absent, enum symbols by their TypeScript value. */
export function arbitraryValue(node: AvroNode): fc.Arbitrary<unknown> {
  switch (node.kind) {
    case 'boolean':
      return fc.boolean();
    case 'int':
    case 'long':
    case 'double':
      return arbitraryNumber(node);
    case 'string':
      return fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 80 }));
    case 'array':
      return fc.array(arbitraryValue(node.items), { maxLength: 4 });
    case 'nullable':
      return arbitraryValue(node.inner);
    case 'enum':
      return fc.constantFrom(...node.values);
    case 'record':
      return fc.record(Object.fromEntries(node.fields.map((field) => [field.name, arbitraryValue(field.node)])), {
        requiredKeys: node.fields.filter((field) => field.node.kind !== 'nullable').map((field) => field.name),
        noNullPrototype: true,
      });
  }
}

function arbitraryNumber(node: NumberNode): fc.Arbitrary<number> {
  if (node.only !== undefined) return fc.constant(node.only);
  if (node.kind === 'double') return fc.double({ noNaN: true });
  if (node.kind === 'int') return fc.integer();
  return fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 }));
}

/** The same value as avsc wants it without wrapping: nulls for absent properties, enums by symbol. */
export function toAvscValue(node: AvroNode, value: unknown): unknown {
  if (node.kind === 'nullable') return value === undefined ? null : toAvscValue(node.inner, value);
  if (node.kind === 'enum') return node.symbols[node.values.indexOf(String(value))];
  if (node.kind === 'array') return Array.isArray(value) ? value.map((item) => toAvscValue(node.items, item)) : value;
  if (node.kind !== 'record') return value;
  const fields = new Map(Object.entries(value ?? {}));
  return Object.fromEntries(node.fields.map((field) => [field.name, toAvscValue(field.node, fields.get(field.name))]));
}
