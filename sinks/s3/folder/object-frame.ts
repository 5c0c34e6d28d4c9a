import { StepwrightError } from '../../../topology/base/errors.ts';

/**
 * Disk format of objects that are not plain files: magic, version, header length, header (JSON), body.
 * - 1: header {contentType, position?}
 */
const formatVersion = 1;
const magic = Buffer.from('SWOB');
const fixedBytes = magic.length + 1 + 2;

export interface FrameHeader {
  readonly contentType: string;
  /** Of a pointer object: the source position it was written for. */
  readonly position?: bigint;
}

/** Bytes that are enough to read any header. */
export const maxHeaderBytes = fixedBytes + 0xffff;

export function encodeFrame(header: FrameHeader, body: Buffer): Buffer {
  const text = Buffer.from(
    JSON.stringify({ contentType: header.contentType, ...(header.position === undefined ? {} : { position: header.position.toString() }) }),
  );
  const fixed = Buffer.alloc(fixedBytes);
  magic.copy(fixed);
  fixed.writeUInt8(formatVersion, magic.length);
  fixed.writeUInt16BE(text.length, magic.length + 1);
  return Buffer.concat([fixed, text, body]);
}

/**
 * Reads the header; `bodyOffset` is where the body begins.
 * @throws {OBJECT_STORE_FAILED} when the bytes are not a frame of a known version; the caller must delete or restore the file.
 */
export function decodeFrame(bytes: Buffer): { readonly header: FrameHeader; readonly bodyOffset: number } {
  if (bytes.length < fixedBytes || !bytes.subarray(0, magic.length).equals(magic) || bytes[magic.length] !== formatVersion) throw broken();
  const bodyOffset = fixedBytes + bytes.readUInt16BE(magic.length + 1);
  if (bytes.length < bodyOffset) throw broken();
  return { header: headerOf(parseJson(bytes.subarray(fixedBytes, bodyOffset).toString())), bodyOffset };
}

function headerOf(parsed: unknown): FrameHeader {
  if (typeof parsed !== 'object' || parsed === null || !('contentType' in parsed) || typeof parsed.contentType !== 'string') throw broken();
  const { contentType } = parsed;
  const isPointer = 'position' in parsed && typeof parsed.position === 'string' && /^\d+$/.test(parsed.position);
  return isPointer ? { contentType, position: BigInt(String(parsed.position)) } : { contentType };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw broken(cause);
  }
}

function broken(cause?: unknown): StepwrightError {
  return new StepwrightError(
    'OBJECT_STORE_FAILED',
    'An object file has no readable header: it was changed from outside or the disk failed.',
    {
      disposition: 'dead-letter',
      cause,
    },
  );
}
