import { newest } from '../../schemas/revision.ts';
import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { ViewBatch } from '../ports/views.ts';

/** What a batch says about one session, or what stands of it: at most the newest of each row. */
export interface SessionRows {
  readonly tenantId: string;
  readonly sessionId: string;
  session: SessionUpsert | undefined;
  guide: Guide | undefined;
  readonly steps: Map<string, StepUpsert>;
}

/** Gathers a batch by session; of several revisions of one row the newest stays. */
export function groupBySession(batch: ViewBatch): readonly SessionRows[] {
  const sessions = new Map<string, SessionRows>();
  const rowsOf = ({ tenantId, sessionId }: { readonly tenantId: string; readonly sessionId: string }): SessionRows => {
    const id = `${tenantId}\0${sessionId}`;
    const found = sessions.get(id) ?? { tenantId, sessionId, session: undefined, guide: undefined, steps: new Map<string, StepUpsert>() };
    sessions.set(id, found);
    return found;
  };
  for (const session of batch.sessions) {
    const rows = rowsOf(session);
    rows.session = newest(rows.session, session);
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
