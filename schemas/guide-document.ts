import type { Guide, GuideStep } from './types/guide.ts';

/**
 * guide.json: the published form of a guide (docs/guide.schema.json). It is `Guide` without `tenantId`, which is nobody else's business, and
 * without `revision`, which orders writes inside the platform. Same guide, same bytes: properties stand in one order, times are relative (T1).
 */
export type GuideDocument = Omit<Guide, 'tenantId' | 'revision'>;

/** The `$id` of docs/guide.schema.json. */
export const guideSchemaId = 'urn:stepwright:guide:1';

/** The published form of `guide`. */
export function toGuideDocument(guide: Guide): GuideDocument {
  return {
    schemaVersion: guide.schemaVersion,
    guideId: guide.guideId,
    sessionId: guide.sessionId,
    title: guide.title,
    summary: guide.summary,
    durationMs: guide.durationMs,
    missedEvents: guide.missedEvents,
    redactions: guide.redactions.map(({ kind, count }) => ({ kind, count })),
    warnings: [...guide.warnings],
    steps: guide.steps.map(toDocumentStep),
  };
}

function toDocumentStep(step: GuideStep): GuideStep {
  const { order, stepId, kind, title, description, atMs, target, value, page, image } = step;
  return {
    order,
    stepId,
    kind,
    title,
    description,
    atMs,
    target: { name: target.name, role: target.role },
    ...(value === undefined ? {} : { value }),
    ...(page === undefined ? {} : { page: { url: page.url, title: page.title } }),
    ...(image === undefined ? {} : { image }),
  };
}
