import avsc from 'avsc';
import { isPromotion, wantedField } from '../codec/compile-reader.ts';
import { parseSchema } from '../codec/parse-schema.ts';
import type { AvroNode, EnumNode, RecordNode } from '../codec/schema-model.ts';

/**
 * Why data written with `older` could not be read with `newer` (Confluent's BACKWARD), one sentence a problem with its field path; empty when it can.
 * Stricter than Avro's resolution in one point: a removed enum symbol is a problem even where a default would hide it, because the value would be lost.
 * avsc's own resolver is asked last, so that a reader in another language agrees with us.
 * @throws {SCHEMA_INVALID}
 */
export function compatibilityProblems(newer: string, older: string): readonly string[] {
  const wanted = parseSchema(newer).root;
  const problems = nodeProblems(wanted, parseSchema(older).root, wanted.name);
  return problems.length > 0 ? problems : resolverProblems(newer, older);
}

function nodeProblems(wanted: AvroNode, written: AvroNode, at: string): readonly string[] {
  if (wanted.kind === 'nullable') return nodeProblems(wanted.inner, written.kind === 'nullable' ? written.inner : written, at);
  if (written.kind === 'nullable') return [`${at}: was optional, now required`];
  if (wanted.kind === 'record' && written.kind === 'record') return recordProblems(wanted, written, at);
  if (wanted.kind === 'enum' && written.kind === 'enum') return enumProblems(wanted, written, at);
  if (wanted.kind === 'array' && written.kind === 'array') return nodeProblems(wanted.items, written.items, `${at}[]`);
  if (wanted.kind === written.kind || isPromotion(written.kind, wanted.kind)) return [];
  return [`${at}: changed from ${written.kind} to ${wanted.kind}`];
}

function recordProblems(wanted: RecordNode, written: RecordNode, at: string): readonly string[] {
  const renamed = written.name !== wanted.name && !wanted.aliases.includes(written.name);
  const problems = renamed ? [`${at}: record ${written.name} became ${wanted.name} without an alias`] : [];
  const kept = new Set<string>();
  for (const field of written.fields) {
    const target = wantedField(wanted, field.name);
    if (target === undefined) continue;
    kept.add(target.name);
    problems.push(...nodeProblems(target.node, field.node, `${at}.${target.name}`));
  }
  for (const field of wanted.fields) {
    if (!kept.has(field.name) && field.fallback === undefined) problems.push(`${at}.${field.name}: added without a default`);
  }
  return problems;
}

function enumProblems(wanted: EnumNode, written: EnumNode, at: string): readonly string[] {
  const problems = wanted.name === written.name ? [] : [`${at}: enum ${written.name} became ${wanted.name}`];
  for (const [index, symbol] of written.symbols.entries()) {
    const position = wanted.symbols.indexOf(symbol);
    if (position < 0) problems.push(`${at}: symbol ${symbol} was removed`);
    else if (wanted.values[position] !== written.values[index]) problems.push(`${at}: symbol ${symbol} means another value now`);
  }
  return problems;
}

function resolverProblems(newer: string, older: string): readonly string[] {
  try {
    avsc.Type.forSchema(JSON.parse(newer)).createResolver(avsc.Type.forSchema(JSON.parse(older)));
    return [];
  } catch (error) {
    return [`avsc: ${error instanceof Error ? error.message : 'not resolvable'}`];
  }
}
