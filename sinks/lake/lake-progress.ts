import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { TopicPartitionOffset } from '../../topology/log/log.ts';
import type { SourceRange } from '../runner/sink-target.ts';

/** How far the lake is. Immutable; each revision follows the one before. */
export interface LakeState {
  readonly revision: bigint;
  readonly topicId: string;
  /** After what stands in files. */
  readonly positions: readonly TopicPartitionOffset[];
  /** Of a batch whose files are perhaps not all there. */
  readonly planned: readonly SourceRange[];
  /** The planned batch was begun by a version that wrote files for each partition: it is finished as it was begun. */
  readonly isPlannedByPartition: boolean;
}

/** The one object that says which records are in files. */
export interface LakeProgress {
  /** Nothing, when the topic is another than the one that the progress is of: its offsets began anew. */
  read(topicId: string): Promise<LakeState>;
  /** Durable when it resolves. @throws {SINK_OVERTAKEN} when another process went on from the same state; the caller must read again. */
  advance(from: LakeState, change: Pick<LakeState, 'positions' | 'planned'>): Promise<LakeState>;
}

export const progressKey = 'positions/lake/progress';

/**
 * Format of the object, JSON; offsets are texts.
 * - 1: version, revision, topicId, positions [topic, partition, next], planned [topic, partition, from, next]
 * - 2: the same; a planned batch has one file a tenant and day, not one a partition
 */
const formatVersion = 2;
const versionByPartition = 1;

/**
 * Keeps it as a pointer whose position is its revision. Of several processes that go on from one revision the store lets one write: the others read
 * back what is not theirs.
 */
export function createLakeProgress(store: Pick<ObjectStore, 'get' | 'put'>): LakeProgress {
  return {
    async read(topicId) {
      const body = await store.get(progressKey);
      if (body === undefined) return nothing(0n, topicId);
      const standing = decodeState(body);
      return standing.topicId === topicId ? standing : nothing(standing.revision, topicId);
    },
    async advance(from, { positions, planned }) {
      const next = { ...nothing(from.revision + 1n, from.topicId), positions, planned };
      const body = encodeState(next);
      const stands = await store.put(progressKey, body, { contentType: 'application/json', position: next.revision });
      // A put answers true for the position that stands, whoever wrote it; two who wrote the same did the same work.
      const isOurs = stands && (await store.get(progressKey))?.equals(body);
      if (!isOurs) throw overtaken();
      return next;
    },
  };
}

function nothing(revision: bigint, topicId: string): LakeState {
  return { revision, topicId, positions: [], planned: [], isPlannedByPartition: false };
}

function encodeState({ revision, topicId, positions, planned }: LakeState): Buffer {
  return Buffer.from(
    JSON.stringify({
      version: formatVersion,
      revision: `${revision}`,
      topicId,
      positions: positions.map(({ topic, partition, nextOffset }) => [topic, partition, `${nextOffset}`]),
      planned: planned.map(({ topic, partition, fromOffset, nextOffset }) => [topic, partition, `${fromOffset}`, `${nextOffset}`]),
    }),
  );
}

function decodeState(body: Buffer): LakeState {
  const parsed = parse(body);
  if (typeof parsed !== 'object' || parsed === null || !('version' in parsed)) throw unreadable();
  const isPlannedByPartition = parsed.version === versionByPartition;
  if (parsed.version !== formatVersion && !isPlannedByPartition) throw unreadable();
  if (!('revision' in parsed) || !('topicId' in parsed) || !('positions' in parsed) || !('planned' in parsed)) throw unreadable();
  const positions = listOf(parsed.positions).map(([topic, partition, next]) => ({ ...place(topic, partition), nextOffset: offset(next) }));
  const planned = listOf(parsed.planned).map(([topic, partition, from, next]) => ({
    ...place(topic, partition),
    fromOffset: offset(from),
    nextOffset: offset(next),
  }));
  return { revision: offset(parsed.revision), topicId: String(parsed.topicId), positions, planned, isPlannedByPartition };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw unreadable(cause);
  }
}

function listOf(value: unknown): readonly (readonly unknown[])[] {
  if (!Array.isArray(value)) throw unreadable();
  return value.map((entry: unknown) => {
    if (!Array.isArray(entry)) throw unreadable();
    return entry;
  });
}

function place(topic: unknown, partition: unknown): { readonly topic: string; readonly partition: number } {
  if (typeof topic !== 'string' || typeof partition !== 'number') throw unreadable();
  return { topic, partition };
}

function offset(value: unknown): bigint {
  if (typeof value !== 'string' || !/^\d+$/.test(value)) throw unreadable();
  return BigInt(value);
}

function overtaken(): StepwrightError {
  return new StepwrightError('SINK_OVERTAKEN', 'Another process carries the lake on: this one goes on from there.', {
    disposition: 'rebuild-task',
  });
}

function unreadable(cause?: unknown): StepwrightError {
  const message = `The object ${progressKey} is not readable here: a newer version wrote it, or it was changed from outside.`;
  return new StepwrightError('OBJECT_STORE_FAILED', message, { cause });
}
