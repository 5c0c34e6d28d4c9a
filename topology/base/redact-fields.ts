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
 * `fields` with the values of well-known secret names replaced, bytes shown by their length only, and errors as type, code, message, stack and cause. Cut off
 * below six levels. The last line of defence: callers still never log payloads.
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
  if (value instanceof Error) return redactedError(value, level);
  if (Array.isArray(value)) return value.map((item: unknown) => redactedValue(item, level + 1));
  return redactedObject(value, level);
}

/** A cause is no enumerable field, but often the only thing that says what to mend. */
function redactedError(error: Error, level: number): Readonly<Record<string, unknown>> {
  const cause = error.cause === undefined ? {} : { cause: redactedValue(error.cause, level + 1) };
  return { type: error.name, ...wordsOf(error), ...redactedObject(error, level), ...cause };
}

/** The stack begins with the message. A parser's message quotes its input, so of a SyntaxError neither is shown. */
function wordsOf(error: Error): { readonly message?: string; readonly stack?: string | undefined } {
  return error instanceof SyntaxError ? {} : { message: error.message, stack: error.stack };
}
