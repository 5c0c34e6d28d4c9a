import type { LogFields } from './logger.ts';

/** Names whose values never reach a log, whatever object they stand in; compared without case, dashes and underscores. */
const secretNames = [
  'authorization',
  'cookie',
  'setcookie',
  'password',
  'passphrase',
  'secret',
  'clientsecret',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'apikey',
  'xapikey',
  'privatekey',
  'secretkey',
  'secretaccesskey',
  'datakey',
  'masterkey',
  'hmackey',
  'sessionkey',
  'connectionstring',
] as const;

const secrets: ReadonlySet<string> = new Set(secretNames);
const deepestLevel = 6;
const redactedMark = '[redacted]';

/**
 * `fields` with the values of well-known secret names replaced, bytes shown by their length only, and errors as type, code, message and stack. Cut off below
 * six levels. The last line of defence: callers still never log payloads.
 */
export function redactFields(fields: LogFields): Readonly<Record<string, unknown>> {
  return redactedObject(fields, 0);
}

function redactedObject(fields: object, level: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecretName(name) ? mark(value) : redactedValue(value, level + 1)]),
  );
}

function isSecretName(name: string): boolean {
  return secrets.has(name.replace(/[-_]/g, '').toLowerCase());
}

function mark(value: unknown): unknown {
  return value === undefined ? undefined : redactedMark;
}

function redactedValue(value: unknown, level: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (level >= deepestLevel) return '[…]';
  if (value instanceof Error) return { type: value.name, message: value.message, stack: value.stack, ...redactedObject(value, level) };
  if (Array.isArray(value)) return value.map((item: unknown) => redactedValue(item, level + 1));
  return redactedObject(value, level);
}
