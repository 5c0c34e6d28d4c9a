import { createHash } from 'node:crypto';
import type { Guide, GuideStep, RedactionCount, Revision, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { SafeStep, SessionInfo } from '../model.ts';
import { guideSummary, guideTitle, type GoalStep } from './guide-title.ts';
import { pictureWarnings } from './picture-warnings.ts';
import { stepDescription } from './step-description.ts';
import { stepTitle } from './step-title.ts';
import type { StepShelf, TitledStep, TitleState } from './title-state.ts';

/** Human edits win over a model's answer, which wins over the rule. */
export function titleOf(entry: TitledStep): string {
  return entry.editedTitle ?? entry.modelTitle ?? stepTitle(entry.step);
}

export function isShown(entry: TitledStep): boolean {
  return entry.isDeleted !== true && entry.step.state !== 'removed';
}

/** The step as views show it. */
export function upsertOfStep(session: SessionInfo, entry: TitledStep, revision: Revision): StepUpsert {
  const { step } = entry;
  return {
    tenantId: session.tenantId,
    sessionId: session.sessionId,
    stepId: step.stepId,
    revision,
    state: isShown(entry) ? step.state : 'removed',
    order: step.order,
    ...contentOf(entry),
    redactions: step.redactions,
  };
}

/** The same while its picture is made: readers keep a place for it. */
export function upsertAhead(session: SessionInfo, entry: TitledStep, revision: Revision): StepUpsert {
  const { pictureId, image, imageMissing } = entry.step;
  const isPending = pictureId !== undefined && image === undefined && imageMissing === undefined;
  return { ...upsertOfStep(session, entry, revision), ...(isPending ? { imagePending: true } : {}) };
}

function contentOf(entry: TitledStep): Omit<GuideStep, 'order' | 'stepId'> {
  const { step } = entry;
  return {
    kind: step.kind,
    title: titleOf(entry),
    description: entry.editedDescription ?? stepDescription(step),
    target: { name: step.target.name, role: step.target.role },
    ...(step.value === undefined ? {} : { value: step.value }),
    ...(step.page === undefined ? {} : { page: step.page }),
    ...(step.image === undefined ? {} : { image: step.image }),
    atMs: step.atMs,
  };
}

/** The whole guide as it is now. */
export function buildGuide(state: TitleState, shelf: StepShelf, upsert: SessionUpsert): Guide {
  const entries = [...shelf.all()].filter(isShown);
  const steps = entries.map((entry, index) => ({ order: index + 1, stepId: entry.step.stepId, ...contentOf(entry) }));
  const { tenantId, sessionId, title } = state.session;
  return {
    schemaVersion: 1,
    guideId: createHash('sha256').update(`guide/${tenantId}/${sessionId}`).digest('hex').slice(0, 24),
    tenantId,
    sessionId,
    revision: { ordinal: upsert.revision.ordinal, timer: upsert.revision.timer, final: true },
    title: state.editedTitle ?? state.modelTitle ?? guideTitle(goalSteps(entries), title),
    summary: state.editedSummary ?? guideSummary(steps),
    missedEvents: upsert.missedEvents,
    durationMs: upsert.lastEventAtMs - upsert.openedAtMs,
    redactions: sumRedactions(entries),
    warnings: [...upsert.warnings, ...pictureWarnings(entries)],
    steps,
  };
}

function goalSteps(entries: readonly TitledStep[]): GoalStep[] {
  return entries.map((entry) => ({ kind: entry.step.kind, title: titleOf(entry), target: entry.step.target, ...pageOf(entry.step) }));
}

function pageOf({ page }: SafeStep): Pick<SafeStep, 'page'> {
  return page === undefined ? {} : { page };
}

function sumRedactions(entries: readonly TitledStep[]): RedactionCount[] {
  const counts = new Map<string, number>();
  for (const { step } of entries) {
    for (const { kind, count } of step.redactions) counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

/** Of the content alone: a guide that only has a higher revision is no news. */
export function hashOfGuide({ revision: _revision, ...content }: Guide): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}
