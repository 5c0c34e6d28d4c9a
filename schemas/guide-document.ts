import type { Point, Rect } from './types/capture-event.ts';
import type { Guide, GuideStep, StepImage } from './types/guide.ts';

/**
 * guide.json: the published form of a guide (docs/guide.schema.json). It is `Guide` without `tenantId`, which is nobody else's business, and
 * without `revision`, which orders writes inside the platform. Every step has a page; its texts are empty where the recording does not know it.
 */
export type GuideDocument = Omit<Guide, 'tenantId' | 'revision'>;

/** The `$id` of docs/guide.schema.json. */
export const guideSchemaId = 'urn:stepwright:guide:1';

/** The published form of `guide`, properties in one order whatever order they came in: equal guides give equal JSON (T1). */
export function toGuideDocument(guide: Guide): GuideDocument {
  return {
    schemaVersion: guide.schemaVersion,
    guideId: guide.guideId,
    sessionId: guide.sessionId,
    title: guide.title,
    summary: guide.summary,
    missedEvents: guide.missedEvents,
    durationMs: guide.durationMs,
    redactions: guide.redactions.map(({ kind, count }) => ({ kind, count })),
    warnings: [...guide.warnings],
    steps: guide.steps.map(stepDocument),
  };
}

function stepDocument(step: GuideStep): GuideStep {
  return {
    order: step.order,
    stepId: step.stepId,
    kind: step.kind,
    title: step.title,
    description: step.description,
    target: { name: step.target.name, role: step.target.role },
    ...(step.value === undefined ? {} : { value: step.value }),
    page: { url: step.page?.url ?? '', title: step.page?.title ?? '' },
    ...(step.image === undefined ? {} : { image: imageDocument(step.image) }),
    atMs: step.atMs,
  };
}

function imageDocument(image: StepImage): StepImage {
  return {
    imageId: image.imageId,
    fullKey: image.fullKey,
    thumbnailKey: image.thumbnailKey,
    ...(image.cropKey === undefined ? {} : { cropKey: image.cropKey }),
    ...(image.annotatedKey === undefined ? {} : { annotatedKey: image.annotatedKey }),
    width: image.width,
    height: image.height,
    ...(image.click === undefined ? {} : { click: pointDocument(image.click) }),
    ...(image.highlight === undefined ? {} : { highlight: rectDocument(image.highlight) }),
  };
}

function pointDocument({ x, y }: Point): Point {
  return { x, y };
}

function rectDocument({ x, y, width, height }: Rect): Rect {
  return { x, y, width, height };
}
