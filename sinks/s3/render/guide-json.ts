import type { Point, Rect } from '../../../schemas/types/capture-event.ts';
import type { Guide, GuideStep, StepImage } from '../../../schemas/types/guide.ts';

/** guide.json, docs/guide.schema.json: fields in a fixed order, so equal guides are equal bytes, whatever order the fields came in. */
export function renderGuideJson(guide: Guide): Buffer {
  const document = {
    schemaVersion: guide.schemaVersion,
    guideId: guide.guideId,
    tenantId: guide.tenantId,
    sessionId: guide.sessionId,
    revision: { ordinal: guide.revision.ordinal, timer: guide.revision.timer, final: guide.revision.final },
    title: guide.title,
    summary: guide.summary,
    missedEvents: guide.missedEvents,
    durationMs: guide.durationMs,
    redactions: guide.redactions.map(({ kind, count }) => ({ kind, count })),
    warnings: [...guide.warnings],
    steps: guide.steps.map(stepDocument),
  };
  return Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`);
}

function stepDocument(step: GuideStep): object {
  return {
    order: step.order,
    stepId: step.stepId,
    kind: step.kind,
    title: step.title,
    description: step.description,
    target: { name: step.target.name, role: step.target.role },
    ...(step.value === undefined ? {} : { value: step.value }),
    ...(step.page === undefined ? {} : { page: { url: step.page.url, title: step.page.title } }),
    ...(step.image === undefined ? {} : { image: imageDocument(step.image) }),
    atMs: step.atMs,
  };
}

function imageDocument(image: StepImage): object {
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

function pointDocument({ x, y }: Point): object {
  return { x, y };
}

function rectDocument({ x, y, width, height }: Rect): object {
  return { x, y, width, height };
}
