import assert from 'node:assert/strict';
import type { TopicPartition } from '../log.ts';
import { partitionKey } from './partition-key.ts';

/** A partition that is being read and the position of the next record. */
export interface Cursor<Position extends bigint | undefined = bigint> extends TopicPartition {
  readonly key: string;
  nextOffset: Position;
  isPaused: boolean;
}

export function createCursor<Position extends bigint | undefined>(at: TopicPartition, nextOffset: Position): Cursor<Position> {
  return { topic: at.topic, partition: at.partition, key: partitionKey(at), nextOffset, isPaused: false };
}

/** Where a reader stands in a partition that it was opened on. */
export function positionIn(cursors: readonly Cursor[], at: TopicPartition): bigint {
  const key = partitionKey(at);
  const cursor = cursors.find((candidate) => candidate.key === key);
  assert(cursor !== undefined, `this reader was not opened on ${key}`);
  return cursor.nextOffset;
}
