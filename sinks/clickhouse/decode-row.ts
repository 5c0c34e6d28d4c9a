import type { Serde } from '../../schemas/serde.ts';
import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { DeadLetter, ProcessorTimes, UsageEvent } from '../../schemas/types/usage.ts';
import type { InputRecord } from '../../topology/log/log.ts';
import { deadLetterRow, guideRow, processorTimesRow, sessionRow, usageRow, wholeStepRow } from './analytics-rows.ts';
import type { AnalyticsRow } from './analytics-rows.ts';

export interface AnalyticsSerdes {
  readonly 'guide.sessions.v1': Serde<SessionUpsert>;
  readonly 'guide.steps.v1': Serde<StepUpsert>;
  readonly 'guide.finished.v1': Serde<Guide>;
  readonly 'usage.events.v1': Serde<UsageEvent>;
  readonly 'processor.times.v1': Serde<ProcessorTimes>;
}

/** A letter's content is in its record's headers, which the engine writes; who knows their names hands in how they are read. */
export type ReadLetter = (record: InputRecord) => DeadLetter;

export const deadLetterTopic = 'dead-letters.v1';

export function analyticsTopics(readLetter: ReadLetter | undefined): readonly string[] {
  const topics = ['guide.sessions.v1', 'guide.steps.v1', 'guide.finished.v1', 'usage.events.v1', 'processor.times.v1'];
  return readLetter === undefined ? topics : [...topics, deadLetterTopic];
}

/** The row of a record; undefined when it makes none. @throws {SERDE_FAILED} */
export function decodeRow(
  topic: string,
  record: InputRecord,
  { serdes, readLetter }: { readonly serdes: AnalyticsSerdes; readonly readLetter: ReadLetter | undefined },
): AnalyticsRow | undefined {
  const { key, value, timestampMs } = record;
  if (topic === deadLetterTopic) {
    const letter = readLetter?.(record);
    // What a sink says of a letter would be a letter again, without end.
    return letter === undefined || letter.topic === deadLetterTopic ? undefined : deadLetterRow(letter, record.offset);
  }
  if (value === null) return undefined;
  const keyBytes = key ?? Buffer.alloc(0);
  switch (topic) {
    case 'guide.sessions.v1':
      return sessionRow(serdes[topic].deserialize(value, keyBytes));
    case 'guide.steps.v1':
      return wholeStepRow(serdes[topic].deserialize(value, keyBytes), timestampMs);
    case 'guide.finished.v1':
      return guideRow(serdes[topic].deserialize(value, keyBytes), timestampMs);
    case 'usage.events.v1':
      return usageRow(serdes[topic].deserialize(value, keyBytes));
    case 'processor.times.v1':
      return processorTimesRow(serdes[topic].deserialize(value, keyBytes));
    default:
      return undefined;
  }
}
