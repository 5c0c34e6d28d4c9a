import { StepwrightError } from '../../base/errors.ts';
import type { GroupMembership, TopicPartition } from '../log.ts';

export function fenced(transactionalId: string): StepwrightError {
  return new StepwrightError(
    'LOG_FENCED',
    `transactional id "${transactionalId}" has a newer owner; this one must stop and touch nothing else`,
    {
      disposition: 'leave-group',
      context: { transactionalId },
    },
  );
}

export function staleMember(membership: GroupMembership, why: string): StepwrightError {
  return new StepwrightError(
    'LOG_STALE_MEMBER',
    `member "${membership.memberId}" of group "${membership.groupId}" is out of date: ${why}`,
    {
      disposition: 'rebuild-task',
      context: { groupId: membership.groupId, memberId: membership.memberId, generation: membership.generation },
    },
  );
}

export function unknownTopic(at: TopicPartition): StepwrightError {
  return new StepwrightError('LOG_TOPIC_UNKNOWN', `topic "${at.topic}" has no partition ${at.partition} in this log; create it first`, {
    context: { topic: at.topic, partition: at.partition },
  });
}

export interface OutOfRange extends TopicPartition {
  readonly fromOffset: bigint;
  readonly startOffset: bigint;
  readonly nextOffset: bigint;
}

export function offsetOutOfRange(at: OutOfRange): StepwrightError {
  const message = `offset ${at.fromOffset} of ${at.topic}-${at.partition} is outside [${at.startOffset}, ${at.nextOffset}]; seek to a readable one`;
  return new StepwrightError('LOG_OFFSET_OUT_OF_RANGE', message, { context: { ...at } });
}

export function logClosed(what: string): StepwrightError {
  return new StepwrightError('LOG_CLOSED', `${what} is closed`, { context: { what } });
}

export function recordTooLarge(at: TopicPartition, sizeBytes: number, maxBytes: number): StepwrightError {
  const message = `a record of ${sizeBytes} bytes for ${at.topic}-${at.partition} is above the limit of ${maxBytes} bytes; raise maxRecordBytes or split it`;
  return new StepwrightError('LOG_RECORD_TOO_LARGE', message, {
    disposition: 'dead-letter',
    context: { topic: at.topic, partition: at.partition, sizeBytes, maxBytes },
  });
}

export function topicMismatch(topic: string, field: string, existing: string | number, wanted: string | number): StepwrightError {
  const message = `topic "${topic}" exists with ${field} ${existing}, wanted ${wanted}; use another name or delete the topic`;
  return new StepwrightError('LOG_TOPIC_MISMATCH', message, { context: { topic, field, existing, wanted } });
}

export function invalidTopic(topic: string, field: string, rule: string): StepwrightError {
  return new StepwrightError('CONFIG_INVALID', `topic "${topic}": ${field} must be ${rule}`, { context: { topic, field } });
}
