import { StepwrightError } from '../../topology/base/errors.ts';
import type { StoreSpec } from '../store.ts';
import type { ChangelogPosition, StoredPosition } from '../task-state.ts';

/**
 * Version of the layout below and of every key and value encoding under `state/`.
 * 1 – store-id prefixes of two bytes, ids from 1; this record as JSON under 00 00.
 */
const stateFormatVersion = 1;

/** Store id 0: no store has it, so the record sorts before all data. */
export const metaKey = Buffer.from([0, 0]);

export interface StoreIdentity {
  readonly id: number;
  readonly kind: StoreSpec<unknown, unknown>['kind'];
}

/** The one record beside the data, rewritten in every WriteBatch: data and position are of the same moment (K2). */
export interface TaskMeta extends StoredPosition {
  readonly stores: ReadonlyMap<string, StoreIdentity>;
  /** Ids of removed stores whose rows may still be there. */
  readonly garbageIds: readonly number[];
}

export const emptyMeta: TaskMeta = {
  stores: new Map(),
  garbageIds: [],
  changelogs: new Map(),
  metadata: '',
  flushedAtMs: undefined,
  streamTimeMs: -1,
};

export function encodeMeta(meta: TaskMeta): Buffer {
  const changelogs = [...meta.changelogs].map(([store, at]) => [store, at.nextOffset.toString(), at.topicId]);
  const stores = [...meta.stores].map(([name, { id, kind }]) => [name, id, kind]);
  const { garbageIds, metadata, flushedAtMs, streamTimeMs } = meta;
  const fields = { formatVersion: stateFormatVersion, stores, garbageIds, changelogs, metadata, flushedAtMs, streamTimeMs };
  return Buffer.from(JSON.stringify(fields));
}

/**
 * @throws {STATE_FORMAT_VERSION} for a version this code does not know; the operator must use the version that wrote it, or wipe.
 * @throws {STATE_CORRUPT} when the record is not what `encodeMeta` writes.
 */
export function decodeMeta(bytes: Buffer, directory: string): TaskMeta {
  const fields = parseObject(bytes, directory);
  const version = fields['formatVersion'];
  if (version !== stateFormatVersion) {
    throw new StepwrightError(
      'STATE_FORMAT_VERSION',
      `State directory ${directory} has format version ${String(version)}, this program knows ${stateFormatVersion}; ` +
        'run the version that wrote it, or delete the directory to restore from the changelogs.',
      { context: { directory } },
    );
  }
  const { garbageIds, metadata, flushedAtMs, streamTimeMs } = fields;
  if (typeof metadata !== 'string' || typeof streamTimeMs !== 'number') throw corrupt(directory);
  return {
    garbageIds: Array.isArray(garbageIds) ? garbageIds.filter((id): id is number => typeof id === 'number') : [],
    stores: new Map(rows(fields['stores'], directory).map((row) => storeRow(row, directory))),
    changelogs: new Map(rows(fields['changelogs'], directory).map((row) => changelogRow(row, directory))),
    metadata,
    flushedAtMs: typeof flushedAtMs === 'number' ? flushedAtMs : undefined,
    streamTimeMs,
  };
}

function storeRow([name, id, kind]: readonly unknown[], directory: string): [string, StoreIdentity] {
  if (typeof name !== 'string' || typeof id !== 'number' || !isKind(kind)) throw corrupt(directory);
  return [name, { id, kind }];
}

function changelogRow([store, nextOffset, topicId]: readonly unknown[], directory: string): [string, ChangelogPosition] {
  if (typeof store !== 'string' || typeof nextOffset !== 'string' || typeof topicId !== 'string') throw corrupt(directory);
  if (!/^\d+$/.test(nextOffset)) throw corrupt(directory);
  return [store, { nextOffset: BigInt(nextOffset), topicId }];
}

function isKind(kind: unknown): kind is StoreIdentity['kind'] {
  return kind === 'key-value' || kind === 'ttl' || kind === 'window' || kind === 'session';
}

function rows(value: unknown, directory: string): readonly (readonly unknown[])[] {
  if (!Array.isArray(value)) throw corrupt(directory);
  return value.map((row: unknown): readonly unknown[] => {
    if (!Array.isArray(row)) throw corrupt(directory);
    return row;
  });
}

function parseObject(bytes: Buffer, directory: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw corrupt(directory, cause);
  }
  if (typeof parsed !== 'object' || parsed === null) throw corrupt(directory);
  return { ...parsed };
}

function corrupt(directory: string, cause?: unknown): StepwrightError {
  return new StepwrightError(
    'STATE_CORRUPT',
    `The position record of state directory ${directory} cannot be read; it will be wiped and restored.`,
    {
      disposition: 'rebuild-task',
      cause,
      context: { directory },
    },
  );
}
