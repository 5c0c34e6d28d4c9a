import { refuse, Refusal } from './refusal.ts';

/** A parsed body; a wrapper, so that a legal `null` is told from a refusal. */
export interface JsonValue {
  readonly value: unknown;
  /** Inflated. */
  readonly sizeBytes: number;
}

/** JSON text in UTF-8. Broken UTF-8 is refused, not repaired: a repaired name would be another name. */
export function parseJson(bytes: Buffer): JsonValue | Refusal {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('BODY_INVALID', 'the body is not UTF-8');
  }
  try {
    return { value: JSON.parse(text), sizeBytes: bytes.length };
  } catch {
    return refuse('BODY_INVALID', 'the body is not JSON');
  }
}

/** Members of a JSON object, or a refusal that names the field. */
export function asObject(value: unknown, field: string): Readonly<Record<string, unknown>> | Refusal {
  if (!isObject(value)) return refuse('BODY_INVALID', `${field} must be an object`, { field });
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One rule a member: `text` bounds the length in UTF-16 units, numbers are finite. */
export type FieldRule =
  | { readonly type: 'text'; readonly maxLength: number; readonly optional?: boolean; readonly pattern?: RegExp; readonly shape?: string }
  | { readonly type: 'integer'; readonly min: number; readonly max: number; readonly optional?: boolean }
  | { readonly type: 'boolean'; readonly optional?: boolean };

type ValueOf<Rule> = Rule extends { type: 'text' } ? string : Rule extends { type: 'integer' } ? number : boolean;

export type Fields<Rules extends Readonly<Record<string, FieldRule>>> = {
  readonly [Name in keyof Rules]: Rules[Name] extends { readonly optional: true } ? ValueOf<Rules[Name]> | undefined : ValueOf<Rules[Name]>;
};

/** First fault of the members by the rules, or nothing. Unknown members are ignored, so that a newer agent is understood. */
export function faultOf(value: unknown, rules: Readonly<Record<string, FieldRule>>, prefix = ''): Refusal | undefined {
  const members = asObject(value, prefix === '' ? 'body' : prefix.slice(0, -1));
  if (members instanceof Refusal) return members;
  for (const [name, rule] of Object.entries(rules)) {
    const problem = problemOf(members[name], rule);
    if (problem !== undefined) return refuse('BODY_INVALID', `${prefix}${name} ${problem}`, { field: `${prefix}${name}` });
  }
  return undefined;
}

/** Members of the body, typed by the rules. */
export function readFields<const Rules extends Readonly<Record<string, FieldRule>>>(
  value: unknown,
  rules: Rules,
  prefix = '',
): Fields<Rules> | Refusal {
  const fault = faultOf(value, rules, prefix);
  if (fault !== undefined) return fault;
  return fieldsOf(value, rules) ? value : refuse('BODY_INVALID', 'the body must be an object');
}

function fieldsOf<Rules extends Readonly<Record<string, FieldRule>>>(value: unknown, rules: Rules): value is Fields<Rules> {
  return faultOf(value, rules) === undefined;
}

function problemOf(value: unknown, rule: FieldRule): string | undefined {
  if (value === undefined) return rule.optional === true ? undefined : 'is missing';
  switch (rule.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'integer':
      return Number.isSafeInteger(value) && Number(value) >= rule.min && Number(value) <= rule.max
        ? undefined
        : `must be a whole number from ${rule.min} to ${rule.max}`;
    case 'text':
      return textProblem(value, rule);
  }
}

function textProblem(value: unknown, rule: FieldRule & { readonly type: 'text' }): string | undefined {
  if (typeof value !== 'string') return 'must be a text';
  if (value.length > rule.maxLength) return `must not be longer than ${rule.maxLength} characters`;
  if (rule.pattern !== undefined && !rule.pattern.test(value)) return `must be ${rule.shape ?? 'of the documented shape'}`;
  return undefined;
}
