import { mkdir, readdir } from 'node:fs/promises';
import { StepwrightError } from '../../base/errors.ts';
import { lockedError, writeOwner } from './directory-owner.ts';
import { classifyRocksError, corrupt, isLockFailure } from './rocks-errors.ts';
import type { RocksBudget } from './rocks.ts';
import { databaseDirectory, Rocks } from './rocks.ts';
import { metadataKey } from './storage-keys.ts';
import { checkWal } from './wal-check.ts';

/** Versions of the directory: 1 = keys of storage-keys.ts, values record batches of magic 2 without checksum. */
const formatVersion = '1';
const formatKey = metadataKey('format');
const anyKey = { gte: Buffer.of(0), lt: Buffer.of(0xff) };

/**
 * Opens or creates the directory of a log.
 * @throws {LOG_LOCKED} when another process has it. @throws {LOG_CORRUPT} @throws {LOG_FORMAT_VERSION} when another version wrote it.
 */
export async function openDirectory(directory: string, budget: RocksBudget): Promise<Rocks> {
  await mkdir(databaseDirectory(directory), { recursive: true });
  await refuseHeadless(directory);
  await checkWal(directory);
  const rocks = await openRocks(directory, budget);
  try {
    checkFormat(rocks);
    await writeOwner(directory);
    return rocks;
  } catch (error) {
    await rocks.close();
    throw error;
  }
}

async function openRocks(directory: string, budget: RocksBudget): Promise<Rocks> {
  try {
    return await Rocks.open(directory, budget);
  } catch (error) {
    throw isLockFailure(error) ? await lockedError(directory, error) : classifyRocksError(error, directory);
  }
}

/** RocksDB would start an empty database over table files whose CURRENT file is missing. */
async function refuseHeadless(directory: string): Promise<void> {
  const names = await readdir(databaseDirectory(directory));
  if (!names.includes('CURRENT') && names.some((name) => name.endsWith('.sst') || name.startsWith('MANIFEST'))) {
    throw corrupt(directory, 'the file db/CURRENT is missing');
  }
}

function checkFormat(rocks: Rocks): void {
  const found = rocks.get(formatKey)?.toString();
  if (found === formatVersion) return;
  if (found === undefined && rocks.scan({ ...anyKey, limit: 1, keysOnly: true }).length === 0) {
    rocks.write((batch) => batch.put(formatKey, Buffer.from(formatVersion)));
    return;
  }
  const message = `"${rocks.directory}" holds a log of format ${found ?? 'unknown'}, this version reads ${formatVersion}; use the version that wrote it or another directory`;
  throw new StepwrightError('LOG_FORMAT_VERSION', message, { context: { directory: rocks.directory, found, readable: formatVersion } });
}
