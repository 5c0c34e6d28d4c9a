import { gunzipSync } from 'node:zlib';
import type { ImportLimits } from './import-limits.ts';
import { parsed, refused, type Parsed } from './import-result.ts';

export type JsonObject = { readonly [name: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The file's text, gunzipped when it is gzip, within the limits. */
export function readText(bytes: Uint8Array, limits: ImportLimits): Parsed<string> {
  if (bytes.byteLength > limits.wireBytes) return refused(`the file is larger than ${limits.wireBytes} bytes`);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isGzip ? gunzipBounded(bytes, limits.inflatedBytes) : parsed(bytes);
  if (!plain.ok) return plain;
  try {
    return parsed(new TextDecoder('utf-8', { fatal: true }).decode(plain.value));
  } catch {
    return refused('the file is not UTF-8 text');
  }
}

function gunzipBounded(bytes: Uint8Array, maxBytes: number): Parsed<Uint8Array> {
  try {
    return parsed(gunzipSync(bytes, { maxOutputLength: maxBytes }));
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    return refused(tooLarge ? `the file inflates to more than ${maxBytes} bytes` : 'the file is not valid gzip');
  }
}

/** JSON with a bound on nesting, checked before anything recursive touches it. V8's message quotes the text, so only its position is used. */
export function parseJson(text: string, limits: ImportLimits): Parsed<unknown> {
  if (nestingOf(text) > limits.depthCount) return refused(`nesting is deeper than ${limits.depthCount}`);
  try {
    const value: unknown = JSON.parse(text);
    return parsed(value);
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const at = position === undefined ? {} : { line: lineAt(text, Number(position)) };
    return refused('not valid JSON', at);
  }
}

function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

const quote = 34;
const backslash = 92;

/** Deepest nesting of brackets outside strings. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === backslash) at += 1;
      else if (code === quote) inString = false;
    } else if (code === quote) inString = true;
    else if (code === 123 || code === 91) deepest = Math.max(deepest, (depth += 1));
    else if (code === 125 || code === 93) depth -= 1;
  }
  return deepest;
}
