import { isObject, type JsonObject } from '../json-text.ts';

/**
 * A reader of one value: answers the value with only the fields of the contract, or the path of what is wrong with it.
 * Unknown fields are left out: a newer contract may have them, an attacker may hope for them.
 */
export type Reader = (value: unknown, path: string, limits: { readonly textLength: number }) => Read;
export type Read = { readonly value: unknown } | { readonly path: string; readonly expected: string };

function expected(path: string, what: string): Read {
  return { path, expected: what };
}

export const text: Reader = (value, path, limits) =>
  typeof value === 'string' ? { value: value.slice(0, limits.textLength) } : expected(path, 'a string');

export const number: Reader = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? { value } : expected(path, 'a number');

export const count: Reader = (value, path) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? { value } : expected(path, 'a whole number from 0');

export const flag: Reader = (value, path) => (typeof value === 'boolean' ? { value } : expected(path, 'true or false'));

export const sha256: Reader = (value, path) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? { value } : expected(path, '64 hex digits');

export function oneOf(...values: readonly string[]): Reader {
  return (value, path) => (typeof value === 'string' && values.includes(value) ? { value } : expected(path, `one of ${values.join(', ')}`));
}

const maxListLength = 1000;

export function list(reader: Reader): Reader {
  return (value, path, limits) => {
    if (!Array.isArray(value) || value.length > maxListLength) return expected(path, `a list of at most ${maxListLength}`);
    const out: unknown[] = [];
    for (const [index, entry] of value.entries()) {
      const read = reader(entry, `${path}[${index}]`, limits);
      if ('expected' in read) return read;
      out.push(read.value);
    }
    return { value: out };
  };
}

/** Names that end in `?` may be absent; null counts as absent. */
export function record(fields: Readonly<Record<string, Reader>>): Reader {
  const entries = Object.entries(fields).map(([name, reader]) => ({
    name: name.replace(/\?$/, ''),
    isOptional: name.endsWith('?'),
    reader,
  }));
  return (value, path, limits) => {
    if (!isObject(value)) return expected(path, 'an object');
    const out: Record<string, unknown> = {};
    for (const { name, isOptional, reader } of entries) {
      const field = ownField(value, name);
      if (isOptional && (field === undefined || field === null)) continue;
      const read = reader(field, path === '' ? name : `${path}.${name}`, limits);
      if ('expected' in read) return read;
      out[name] = read.value;
    }
    return { value: out };
  };
}

function ownField(value: JsonObject, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
