import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/** Two limits: what a sender may put on the wire, and what that may become. A small bomb passes the first and stops at the second. */
export interface BodyLimits {
  readonly maxWireBytes: number;
  readonly maxInflatedBytes: number;
}

export interface BodyHeaders {
  readonly contentLength: string | undefined;
  readonly contentEncoding: string | undefined;
}

type Inflate = (body: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;

/** Content codings of this Node: gzip always, zstd from 22.15. Inflating ends with an error at `maxOutputLength`, not after it. */
const inflaters: ReadonlyMap<string, Inflate> = new Map([
  ['gzip', promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)],
  ...zstdIfThere(),
]);

function zstdIfThere(): [string, Inflate][] {
  const candidate: unknown = Reflect.get(zlib, 'zstdDecompress');
  if (typeof candidate !== 'function') return [];
  const inflate: Inflate = (body, options) =>
    new Promise((resolve, reject) => {
      Reflect.apply(candidate, zlib, [body, options, (error: Error | null, result: Buffer) => (error ? reject(error) : resolve(result))]);
    });
  return [['zstd', inflate]];
}

/** Value of `accept-encoding` in answers that refuse a coding. */
export const acceptedEncodings: string = [...inflaters.keys()].join(', ');

/**
 * The whole body, inflated. A length beyond the limit is refused before a byte is read; a body without one as soon as it passes the
 * limit. What was not read stays in the stream: the caller must drain or close it. `open` is called only when reading begins.
 */
export async function readBody(open: () => Readable, headers: BodyHeaders, limits: BodyLimits): Promise<Buffer | Refusal> {
  const inflate = inflaters.get(headers.contentEncoding?.trim().toLowerCase() ?? '');
  if (inflate === undefined && !isIdentity(headers.contentEncoding)) {
    return refuse('ENCODING_UNSUPPORTED', `content-encoding must be one of: ${acceptedEncodings}, identity`, {
      headers: { 'accept-encoding': acceptedEncodings },
    });
  }
  const wire = await readWire(open, headers.contentLength, limits);
  if (!Buffer.isBuffer(wire) || inflate === undefined) return wire;
  try {
    return await inflate(wire, { maxOutputLength: limits.maxInflatedBytes });
  } catch (error) {
    return isOverflow(error)
      ? refuse('BODY_INFLATED_TOO_LARGE', `the body inflates to more than ${limits.maxInflatedBytes} bytes`)
      : refuse('ENCODING_BROKEN', 'the body does not inflate under its content-encoding');
  }
}

async function readWire(open: () => Readable, contentLength: string | undefined, limits: BodyLimits): Promise<Buffer | Refusal> {
  const maxBytes = limits.maxWireBytes;
  const tooLarge = (): Refusal => refuse('BODY_TOO_LARGE', `the body must not be larger than ${maxBytes} bytes`, { facts: { maxBytes } });
  if (contentLength !== undefined && Number(contentLength) > maxBytes) return tooLarge();
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    // `destroyOnReturn: false`: an answer must still go out on this socket after the refusal.
    for await (const part of open().iterator({ destroyOnReturn: false })) {
      const bytes = Buffer.isBuffer(part) ? part : Buffer.from(String(part));
      sizeBytes += bytes.length;
      if (sizeBytes > maxBytes) return tooLarge();
      parts.push(bytes);
    }
  } catch {
    return refuse('BODY_INVALID', 'the body ended before it was complete');
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, sizeBytes);
}

function isIdentity(encoding: string | undefined): boolean {
  return encoding === undefined || encoding.trim() === '' || encoding.trim().toLowerCase() === 'identity';
}

function isOverflow(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
