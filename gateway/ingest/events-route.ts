import { bodyCodes } from '../http/dispatcher.ts';
import type { EventParser } from '../../schemas/validate-event.ts';
import { Refusal } from '../http/refusal.ts';
import type { ApiAnswer, RouteDocument, ScopedRequest, ScopedRoute } from '../http/route.ts';
import { answerJson } from '../http/route.ts';
import { refOf, sessionParams } from '../http/session-ref.ts';
import type { EventBatch } from './event-batch.ts';
import { readBatch } from './event-batch.ts';
import { ackSchema, batchSchema } from './ingest-schemas.ts';
import type { Appended, IngestService } from './ingest-service.ts';
import type { IngestLimits } from './limits.ts';
import type { RouteContext } from './route-context.ts';
import { deviceHeader, deviceOf, sessionPath, stateAnswer } from './route-context.ts';

/** Appending events. */
export function eventsRoute(context: RouteContext): ScopedRoute {
  const { maxBatchWireBytes: maxWireBytes, maxBatchInflatedBytes: maxInflatedBytes } = context.limits;
  const document: RouteDocument = {
    tag: 'ingest',
    summary: 'Append events. Answers the highest seq up to which everything is durable; what was acked is acked again.',
    params: sessionParams,
    headers: [deviceHeader],
    body: { contentType: 'application/json', schema: batchSchema },
    answers: { 200: { description: 'Resend from `ackedSeq` + 1. After a gap, `ackedSeq` is lower than `firstSeq`.', schema: ackSchema } },
    codes: [
      ...bodyCodes,
      'SESSION_UNKNOWN',
      'SESSION_GONE',
      'SESSION_FINISHED',
      'SESSION_TOO_OLD',
      'SESSION_FULL',
      'DEVICE_CONFLICT',
      'EVENT_INVALID',
      'EVENT_KIND_RESERVED',
      'EVENT_SEQ_INVALID',
      'BATCH_TOO_LARGE',
      'SERVER_BUSY',
      'STORAGE_FULL',
      'SPOOL_FULL',
    ],
  };
  const handle = (request: ScopedRequest): Promise<ApiAnswer | Refusal> => appendEvents(context, request);
  return { method: 'POST', path: `${sessionPath}/events`, access: 'ingest', limits: { maxWireBytes, maxInflatedBytes }, document, handle };
}

async function appendEvents(
  { service, admission, limits, eventParser }: RouteContext,
  request: ScopedRequest,
): Promise<ApiAnswer | Refusal> {
  const ref = refOf(request);
  const known = await service.locate(ref);
  if (known instanceof Refusal) return known;
  const deviceId = deviceOf(request);
  if (deviceId instanceof Refusal) return deviceId;
  // Before anything is inflated or parsed: reading is what costs, and a body that is refused afterwards costs as much.
  const indebted = admission.take(ref.tenantId, deviceId, 0);
  if (indebted !== undefined) return indebted;
  const batch = await readEvents(request, limits, eventParser);
  const limited = admission.take(ref.tenantId, deviceId, batch instanceof Refusal ? 1 : Math.max(1, batch.events.length));
  if (batch instanceof Refusal) return batch;
  if (limited !== undefined) return limited;
  const appended = await service.append(ref, deviceId, batch, batch.sizeBytes);
  return appended instanceof Refusal ? appended : answerJson(200, ackAnswer(appended, service));
}

async function readEvents(
  request: ScopedRequest,
  limits: IngestLimits,
  eventParser: EventParser,
): Promise<(EventBatch & { readonly sizeBytes: number }) | Refusal> {
  const body = await request.readJson();
  if (body instanceof Refusal) return body;
  const batch = readBatch(body.value, limits, eventParser);
  return batch instanceof Refusal ? batch : { ...batch, sizeBytes: body.sizeBytes };
}

function ackAnswer(appended: Appended, service: IngestService): unknown {
  const { state, appendedCount, duplicateCount, droppedCount, missing, farOffCount } = appended;
  const message = `${farOffCount} events are more than a day off the server's clock; they were taken`;
  return {
    ...stateAnswer(state, service),
    appended: appendedCount,
    duplicates: duplicateCount,
    dropped: droppedCount,
    ...(missing.length === 0 ? {} : { missing }),
    ...(farOffCount === 0 ? {} : { warnings: [{ code: 'EVENT_TIME_FAR_OFF', message }] }),
  };
}
