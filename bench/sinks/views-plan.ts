import type { SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import { sessionRow, stepRow, revision } from '../../sinks/contracts/view-fixtures.ts';
import type { ViewBatch } from '../../sinks/ports/views.ts';

export interface PlanShape {
  readonly sessionCount: number;
  /** Each session grows by one step a round, as recordings do side by side. */
  readonly roundCount: number;
  readonly batchRows: number;
}

const text = 'Click Save in the billing settings of the account that is shown on the right. '.repeat(4);

/** Batches as the runner would hand them over: rows of many sessions, each with its offset, and the positions after them. */
export function planBatches({ sessionCount, roundCount, batchRows }: PlanShape, prefix: string): readonly ViewBatch[] {
  const batches: ViewBatch[] = [];
  let steps: StepUpsert[] = [];
  let sessions: SessionUpsert[] = [];
  let offsets = new Map<SessionUpsert | StepUpsert, bigint>();
  let offset = 0n;
  const end = (): void => {
    if (steps.length === 0) return;
    const positions = ['guide.steps.v1', 'guide.sessions.v1'].map((topic) => ({ topic, partition: 0, nextOffset: offset }));
    batches.push({ steps, sessions, guides: [], offsets, positions });
    [steps, sessions, offsets] = [[], [], new Map()];
  };
  for (let round = 1; round <= roundCount; round++) {
    for (let index = 0; index < sessionCount; index++) {
      const place = { tenantId: 'bench', sessionId: `${prefix}-${index}`, revision: revision(round) };
      const session = sessionRow({ ...place, openedAtMs: 1_700_000_000_000 + index, eventCount: round });
      const step = stepRow({ ...place, stepId: `step-${round}`, order: round, description: text });
      sessions.push(session);
      steps.push(step);
      offsets.set(session, offset).set(step, offset);
      offset += 1n;
      if (steps.length + sessions.length >= batchRows) end();
    }
  }
  end();
  return batches;
}
