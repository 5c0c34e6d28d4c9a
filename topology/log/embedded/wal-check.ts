import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '../batch/crc32c.ts';
import { corrupt } from './rocks-errors.ts';
import { databaseDirectory } from './rocks.ts';

/** RocksDB's WAL (`db/log_format.h`): blocks of 32 KiB; a record is masked CRC-32C (u32), length (u16), type (u8), all little-endian, then data. */
const blockBytes = 32_768;
const headerBytes = 7;
const typeAt = 6;
/** `util/crc32c.h`: a CRC stored beside the data it covers is rotated and shifted. */
const maskDelta = 0xa282ead8;

/**
 * RocksDB stops its replay at the first unreadable WAL record and goes on without the rest, which is right for a write that a crash cut off
 * and wrong for a file that was damaged later: acked records would be gone without a word. So this looks first, and refuses a damage that
 * readable records follow.
 * @throws {LOG_CORRUPT} naming file and position.
 */
export async function checkWal(directory: string): Promise<void> {
  const database = databaseDirectory(directory);
  for (const name of await readdir(database)) {
    if (!/^\d+\.log$/.test(name)) continue;
    const bytes = await readFile(join(database, name)).catch(() => Buffer.alloc(0));
    const damagedAt = findDamage(bytes);
    if (damagedAt !== undefined)
      throw corrupt(directory, `the file db/${name} is damaged at byte ${damagedAt}, and acked records follow it`);
  }
}

/** Position of the first unreadable record that a readable one follows. A cut-off or zero-filled end is no damage. */
export function findDamage(bytes: Buffer): number | undefined {
  let firstBad: number | undefined;
  let at = 0;
  while (at + headerBytes <= bytes.length) {
    const leftInBlock = blockBytes - (at % blockBytes);
    const size = headerBytes + bytes.readUInt16LE(at + 4);
    if (leftInBlock < headerBytes) {
      at += leftInBlock;
    } else if (isZeroFilled(bytes, at)) {
      return undefined;
    } else if (size > leftInBlock) {
      firstBad ??= at;
      at += leftInBlock;
    } else if (at + size > bytes.length) {
      return undefined;
    } else {
      const isReadable = bytes.readUInt32LE(at) === mask(crc32c(bytes, at + typeAt, at + size));
      if (isReadable && firstBad !== undefined) return firstBad;
      if (!isReadable) firstBad ??= at;
      at += size;
    }
  }
  return undefined;
}

function isZeroFilled(bytes: Buffer, at: number): boolean {
  return bytes.readUIntLE(at, 6) === 0 && bytes[at + typeAt] === 0;
}

function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
}
