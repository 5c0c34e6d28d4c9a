import type { TopicDescription, TopicSpec } from '../log.ts';
import { invalidTopic, topicMismatch } from './log-errors.ts';

const defaultTombstoneRetentionMs = 86_400_000;
/** Kafka's rule for topic names, so that what works here works there. */
const legalName = /^[a-zA-Z0-9._-]{1,249}$/;

/** Fills in defaults. @throws {CONFIG_INVALID} when a field is out of range; the message names it. */
export function describeTopic(spec: TopicSpec, id: string): TopicDescription {
  if (!legalName.test(spec.name) || spec.name === '.' || spec.name === '..') {
    throw invalidTopic(spec.name, 'name', '1 to 249 letters, digits, dots, dashes or underscores');
  }
  if (!Number.isInteger(spec.partitionCount) || spec.partitionCount < 1)
    throw invalidTopic(spec.name, 'partitionCount', 'a whole number from 1');
  return {
    id,
    name: spec.name,
    partitionCount: spec.partitionCount,
    cleanup: spec.cleanup ?? 'delete',
    retentionMs: spec.retentionMs ?? -1,
    retentionBytes: spec.retentionBytes ?? -1,
    tombstoneRetentionMs: spec.tombstoneRetentionMs ?? defaultTombstoneRetentionMs,
  };
}

/** @throws {LOG_TOPIC_MISMATCH} when an existing topic cannot stand for the wanted one. */
export function checkSameTopic(existing: TopicDescription, wanted: TopicDescription): void {
  if (existing.partitionCount !== wanted.partitionCount) {
    throw topicMismatch(wanted.name, 'partition count', existing.partitionCount, wanted.partitionCount);
  }
  if (existing.cleanup !== wanted.cleanup) throw topicMismatch(wanted.name, 'cleanup', existing.cleanup, wanted.cleanup);
}
