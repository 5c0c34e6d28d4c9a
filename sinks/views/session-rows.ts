import { newest } from '../../schemas/revision.ts';
import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { ViewBatch } from '../ports/views.ts';

/** Rows of one session, at most the newest of each. */
export interface SessionRows {
  readonly tenantId: string;
  readonly sessionId: string;
  session: SessionUpsert | undefined;
  guide: Guide | undefined;
  readonly steps: Map<string, StepUpsert>;
}

/** What a batch says about one session. */
export interface BatchedSession extends SessionRows {
  /** Every opening time that the batch names, of older revisions too. */
  readonly openedAtMs: number[];
}

/** Gathers a batch by session; of several revisions of one row the newest stays. */
export function groupBySession(batch: ViewBatch): readonly BatchedSession[] {
  const sessions = new Map<string, BatchedSession>();
  const rowsOf = ({ tenantId, sessionId }: { readonly tenantId: string; readonly sessionId: string }): BatchedSession => {
    const id = `${tenantId}\0${sessionId}`;
    const found = sessions.get(id);
    if (found !== undefined) return found;
    const rows = { tenantId, sessionId, session: undefined, guide: undefined, steps: new Map<string, StepUpsert>(), openedAtMs: [] };
    sessions.set(id, rows);
    return rows;
  };
  for (const session of batch.sessions) {
    const rows = rowsOf(session);
    rows.session = newest(rows.session, session);
    if (!rows.openedAtMs.includes(session.openedAtMs)) rows.openedAtMs.push(session.openedAtMs);
  }
  for (const guide of batch.guides) {
    const rows = rowsOf(guide);
    rows.guide = newest(rows.guide, guide);
  }
  for (const step of batch.steps) {
    const { steps } = rowsOf(step);
    steps.set(step.stepId, newest(steps.get(step.stepId), step));
  }
  return [...sessions.values()];
}
