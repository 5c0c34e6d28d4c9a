import type { Guide, Revision, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { DeadLetter, ProcessorTimes, UsageEvent } from '../../schemas/types/usage.ts';
import type { AnalyticsRecord } from './analytics-client.ts';
import { applicationOf } from './application-of.ts';

export const analyticsTables = ['sessions', 'steps', 'guides', 'usage', 'dead_letters', 'processor_times'] as const;
export type AnalyticsTable = (typeof analyticsTables)[number];

/** A row of one table, and whose it is. */
export interface AnalyticsRow {
  readonly table: AnalyticsTable;
  /** Empty for what belongs to the deployment. */
  readonly tenantId: string;
  readonly sessionId: string;
  readonly record: AnalyticsRecord;
}

/** What the live system writes; a replay writes its own edition beside it. */
export const liveEdition = 'live';

export function sessionRow(upsert: SessionUpsert): AnalyticsRow {
  return row('sessions', upsert, {
    ...versioned(upsert.revision),
    status: upsert.status,
    title: upsert.title,
    opened_at: utc(upsert.openedAtMs),
    duration_ms: count(upsert.lastEventAtMs - upsert.openedAtMs),
    event_count: count(upsert.eventCount),
    missed_events: count(upsert.missedEvents),
    duplicate_events: count(upsert.duplicateEvents),
    warning_count: upsert.warnings.length,
  });
}

/** Words that were sent ahead of their picture are for watchers: the same revision follows whole, and only that is counted. */
export function wholeStepRow(upsert: StepUpsert, recordedAtMs: number): AnalyticsRow | undefined {
  return upsert.revision.ahead === true ? undefined : stepRow(upsert, recordedAtMs);
}

/** `recordedAtMs` is the event time of the record: a step itself knows only how long after the opening it was. */
function stepRow(upsert: StepUpsert, recordedAtMs: number): AnalyticsRow {
  return row('steps', upsert, {
    ...versioned(upsert.revision),
    step_id: upsert.stepId,
    state: upsert.state,
    step_order: count(upsert.order),
    kind: upsert.kind,
    application: applicationOf(upsert),
    recorded_at: utc(recordedAtMs),
    at_ms: count(upsert.atMs),
    has_image: upsert.image === undefined ? 0 : 1,
    redaction_kinds: upsert.redactions.map(({ kind }) => kind),
    redaction_counts: upsert.redactions.map((redaction) => count(redaction.count)),
  });
}

export function guideRow(guide: Guide, recordedAtMs: number): AnalyticsRow {
  return row('guides', guide, {
    ...versioned(guide.revision),
    guide_id: guide.guideId,
    title: guide.title,
    recorded_at: utc(recordedAtMs),
    step_count: guide.steps.length,
    duration_ms: count(guide.durationMs),
    missed_events: count(guide.missedEvents),
  });
}

export function usageRow(event: UsageEvent): AnalyticsRow {
  return row('usage', event, { event_id: event.eventId, kind: event.kind, at: utc(event.atMs), actor: event.actor });
}

/** The topic of letters has one partition. The message stays in the log. No session: it is deleted by its tenant's days. */
export function deadLetterRow(letter: DeadLetter, letterOffset: bigint): AnalyticsRow {
  const { tenantId = '' } = letter;
  const record = {
    tenant_id: tenantId,
    partition: 0,
    letter_offset: letterOffset.toString(),
    source_topic: letter.topic,
    source_partition: count(letter.partition),
    source_offset: count(letter.offset),
    node: letter.node,
    task_id: letter.taskId,
    code: letter.code,
    at: utc(letter.atMs),
  };
  return { table: 'dead_letters', tenantId, sessionId: '', record };
}

export function processorTimesRow({ node, process, atMs, recordCount, busyUs, slowestUs }: ProcessorTimes): AnalyticsRow {
  const record = { node, process, at: utc(atMs), records: count(recordCount), busy_us: count(busyUs), slowest_us: count(slowestUs) };
  return row('processor_times', nobody, record);
}

/** A revision as one number that orders like it (T4), as text because it may pass 2⁵³. */
export function revisionNumber({ ordinal, timer, final }: Revision): string {
  return ((BigInt(count(ordinal)) << 24n) + (BigInt(Math.min(count(timer), 2 ** 22 - 1)) << 1n) + (final ? 1n : 0n)).toString();
}

function row(
  table: AnalyticsRow['table'],
  { tenantId, sessionId }: { readonly tenantId: string; readonly sessionId: string },
  record: AnalyticsRecord,
): AnalyticsRow {
  if (tenantId === '') return { table, tenantId, sessionId, record };
  return { table, tenantId, sessionId, record: { tenant_id: tenantId, session_id: sessionId, ...record } };
}

/** Of the deployment: no tenant's id is empty. */
const nobody = { tenantId: '', sessionId: '' } as const;

function versioned(revision: Revision): AnalyticsRecord {
  return { edition: liveEdition, revision: revisionNumber(revision) };
}

/** Text that DateTime64(3, 'UTC') takes for any year; a bare number would mean seconds or milliseconds by its length. Clocks years off are clamped. */
function utc(atMs: number): string {
  const bounded = Math.min(Math.max(Math.round(atMs) || 0, 0), 4_102_444_800_000);
  return new Date(bounded).toISOString().slice(0, 23).replace('T', ' ');
}

function count(value: number): number {
  return Math.max(0, Math.round(value) || 0);
}
