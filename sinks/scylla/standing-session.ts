import { isNewer } from '../../schemas/revision.ts';
import type { Guide, Revision, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { BatchedSession } from '../views/session-rows.ts';
import { joinedStamp, stampOf } from './stamps.ts';
import type { SessionAddress } from './statements.ts';

/** What the writer knows of one row that stands. */
export interface StandingRow {
  readonly revision: Revision;
  readonly stamp: bigint;
}

/** What the writer knows of one session: enough to decide what is newer and where the lists have it. */
export interface StandingSession {
  readonly isForgotten: boolean;
  /** Undefined until the session's own row is known: its guide is in no list before. */
  readonly openedAtMs: number | undefined;
  readonly session: StandingRow | undefined;
  readonly guide: StandingRow | undefined;
  readonly steps: Map<string, StandingRow>;
}

interface Stamped<Row> {
  readonly row: Row;
  readonly stamp: bigint;
}

/** What must be written to bring a session from what stands to the newest of it and a batch. */
export interface SessionChange {
  readonly session: Stamped<SessionUpsert> | undefined;
  readonly guide: Stamped<Guide> | undefined;
  readonly steps: readonly Stamped<StepUpsert>[];
  /** The guide's row in the list changes: its content, or its place. Without `guide` the one that stands must be read first. */
  readonly guideListStamp: bigint | undefined;
  readonly openedAtMs: number | undefined;
  /** Where the lists have, or may have, the session until now. */
  readonly leftAtMs: readonly number[];
}

/** A session that changes, and its own row's body: sealed once, since a list holds a copy. */
export interface PlannedSession {
  readonly at: SessionAddress;
  readonly stands: StandingSession;
  readonly change: SessionChange;
  readonly body: Buffer | undefined;
}

export interface BatchStamps {
  readonly epoch: number;
  readonly offsets: ReadonlyMap<SessionUpsert | StepUpsert | Guide, bigint> | undefined;
}

/** Decides by revision what is newer (V2) and by offset with what stamp it is written. Undefined when nothing is. */
export function planChange(standing: StandingSession, next: BatchedSession, batch: BatchStamps): SessionChange | undefined {
  const session = stamped(next.session, standing.session, batch);
  const guide = stamped(next.guide, standing.guide, batch);
  const steps = [...next.steps.values()].flatMap((step) => stamped(step, standing.steps.get(step.stepId), batch) ?? []);
  if (session === undefined && guide === undefined && steps.length === 0) return undefined;
  const openedAtMs = session?.row.openedAtMs ?? standing.openedAtMs;
  const rows = { session, guide, steps, openedAtMs, leftAtMs: session === undefined ? [] : placesLeft(standing, next, openedAtMs) };
  return { ...rows, guideListStamp: guideListStamp(standing, rows, batch.epoch) };
}

/** What stands once the change does. The map of steps is changed in place: an hour has thousands. */
export function settled(standing: StandingSession, { session, guide, steps, openedAtMs }: SessionChange): StandingSession {
  for (const { row, stamp } of steps) standing.steps.set(row.stepId, { revision: row.revision, stamp });
  return { ...standing, openedAtMs, session: standingRow(session) ?? standing.session, guide: standingRow(guide) ?? standing.guide };
}

/** Where a crash may have left list rows, of older revisions too, and where the lists have the session. */
function placesLeft(standing: StandingSession, next: BatchedSession, openedAtMs: number | undefined): readonly number[] {
  const left = new Set([...next.openedAtMs, ...(standing.openedAtMs === undefined ? [] : [standing.openedAtMs])]);
  if (openedAtMs !== undefined) left.delete(openedAtMs);
  return [...left];
}

function guideListStamp(
  standing: StandingSession,
  { session, guide, openedAtMs }: Pick<SessionChange, 'session' | 'guide' | 'openedAtMs'>,
  epoch: number,
): bigint | undefined {
  const [sessionStamp, guideStamp] = [session?.stamp ?? standing.session?.stamp, guide?.stamp ?? standing.guide?.stamp];
  if (sessionStamp === undefined || guideStamp === undefined) return undefined;
  const isChanged = guide !== undefined || openedAtMs !== standing.openedAtMs;
  return isChanged ? joinedStamp(epoch, sessionStamp, guideStamp) : undefined;
}

function standingRow<Row extends { readonly revision: Revision }>(change: Stamped<Row> | undefined): StandingRow | undefined {
  return change && { revision: change.row.revision, stamp: change.stamp };
}

/** Undefined when the row is not newer than what stands. */
function stamped<Row extends SessionUpsert | StepUpsert | Guide>(
  row: Row | undefined,
  standing: StandingRow | undefined,
  { epoch, offsets }: BatchStamps,
): Stamped<Row> | undefined {
  if (row === undefined || !isNewer(row.revision, standing?.revision)) return undefined;
  const offset = offsets?.get(row);
  const after = standing === undefined ? stampOf(epoch, 0n) : standing.stamp + 1n;
  const wanted = offset === undefined ? after : stampOf(epoch, offset);
  // A newer revision is never written below what stands: the servers would drop it without a word.
  return { row, stamp: wanted > after ? wanted : after };
}
