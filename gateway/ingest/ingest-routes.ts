import type { EventParser } from '../../schemas/validate-event.ts';
import { identifierPattern, identifierShape, isIdentifier } from '../auth/principal.ts';
import { bodyCodes } from '../http/dispatcher.ts';
import { readFields } from '../http/json.ts';
import { refuse, Refusal } from '../http/refusal.ts';
import { answerJson } from '../http/route.ts';
import type { ApiAnswer, ParameterDocument, RouteDocument, ScopedRequest, ScopedRoute } from '../http/route.ts';
import { refOf, sessionParams } from '../http/session-ref.ts';
import { Admission } from './admission.ts';
import { maxSeq, readBatch } from './event-batch.ts';
import type { EventBatch } from './event-batch.ts';
import { ackSchema, batchSchema, markSchema, openBodySchema, openedSchema, screenshotSchema, stateSchema } from './ingest-schemas.ts';
import type { Appended, IngestService, Mark, Opened } from './ingest-service.ts';
import type { IngestLimits } from './limits.ts';
import type { IngestDeps } from './ports.ts';
import type { SessionState } from './session-state.ts';

const deviceHeader: ParameterDocument = {
  name: 'stepwright-device',
  description: 'The device id that the session was opened with.',
  schema: { type: 'string', pattern: identifierPattern },
  required: true,
};
const sessionPath = '/v1/sessions/{sessionId}';
const smallBody = { maxWireBytes: 16_384, maxInflatedBytes: 65_536 };
const dayMs = 24 * 3_600_000;
/** The year 128,000; the wire format takes integers up to 2^52. */
const maxTimeMs = 4_000_000_000_000_000;
const screenshotTokenBytes = 65_536;

const openRules = {
  sessionId: { type: 'text', maxLength: 64, optional: true },
  deviceId: { type: 'text', maxLength: 64 },
  atMs: { type: 'integer', min: 0, max: maxTimeMs },
  title: { type: 'text', maxLength: 300, optional: true },
} as const;
const agentRules = {
  name: { type: 'text', maxLength: 64 },
  version: { type: 'text', maxLength: 64 },
  platform: { type: 'text', maxLength: 128, optional: true },
} as const;
const markRules = {
  lastSeq: { type: 'integer', min: 0, max: maxSeq },
  abandon: { type: 'boolean', optional: true },
} as const;

interface Context {
  readonly service: IngestService;
  readonly admission: Admission;
  readonly limits: IngestLimits;
  readonly eventParser: EventParser;
}

/** The routes that agents call. */
export function ingestRoutes(
  service: IngestService,
  deps: Pick<IngestDeps, 'clock' | 'metrics' | 'limits' | 'eventParser'>,
): readonly ScopedRoute[] {
  const { limits, eventParser } = deps;
  const context: Context = { service, limits, eventParser, admission: new Admission(limits, deps.clock, deps.metrics) };
  return [
    openRoute(context),
    eventsRoute(context),
    screenshotRoute(context),
    markRoute(context, 'pause', 'session.paused'),
    markRoute(context, 'resume', 'session.resumed'),
    markRoute(context, 'finish', 'session.finished'),
    ackRoute(context),
  ];
}

function openRoute(context: Context): ScopedRoute {
  const document: RouteDocument = {
    tag: 'ingest',
    summary: 'Open a recording, or find one again that this device opened.',
    body: { contentType: 'application/json', schema: openBodySchema },
    answers: {
      201: { description: 'Opened; `session.opened` is durable.', schema: openedSchema },
      200: { description: 'It was open already; go on from `ackedSeq` + 1.', schema: openedSchema },
    },
    codes: [...bodyCodes, 'DEVICE_CONFLICT', 'SESSION_GONE', 'SESSION_TOO_OLD', 'SERVER_BUSY', 'STORAGE_FULL', 'SPOOL_FULL'],
  };
  return {
    method: 'POST',
    path: '/v1/sessions',
    access: 'ingest',
    limits: smallBody,
    document,
    handle: (request) => open(context, request),
  };
}

async function open({ service, admission, limits }: Context, request: ScopedRequest): Promise<ApiAnswer | Refusal> {
  const body = await request.readJson();
  if (body instanceof Refusal) return body;
  const fields = readFields(body.value, openRules);
  if (fields instanceof Refusal) return fields;
  const agent = readFields(memberOf(body.value, 'agent'), agentRules, 'agent.');
  if (agent instanceof Refusal) return agent;
  const { sessionId, deviceId, atMs, title } = fields;
  const wrongId = checkId('sessionId', sessionId) ?? checkId('deviceId', deviceId);
  if (wrongId !== undefined) return wrongId;
  const { tenantId } = request.principal;
  const limited = admission.take(tenantId, deviceId, 1);
  if (limited !== undefined) return limited;
  const { name, version, platform } = agent;
  const opened = await service.open({
    tenantId,
    sessionId,
    deviceId,
    atMs,
    ...(title === undefined ? {} : { title }),
    agent: { name, version, ...(platform === undefined ? {} : { platform }) },
  });
  return opened instanceof Refusal ? opened : answerJson(opened.resumed ? 200 : 201, openedAnswer(opened, service, limits));
}

function openedAnswer({ state, resumed }: Opened, service: IngestService, limits: IngestLimits): unknown {
  const { maxBatchEvents, maxBatchWireBytes, maxBatchInflatedBytes, maxEventBytes, maxScreenshotBytes, maxScreenshotPixels } = limits;
  const off = Math.abs(state.clockSkewMs) > dayMs;
  const message = `the clock of the device is ${Math.round(Math.abs(state.clockSkewMs) / 1000)} s off; times are corrected by the server's`;
  return {
    ...stateAnswer(state, service),
    resumed,
    clockSkewMs: state.clockSkewMs,
    policy: state.policy,
    limits: { maxBatchEvents, maxBatchWireBytes, maxBatchInflatedBytes, maxEventBytes, maxScreenshotBytes, maxScreenshotPixels },
    warnings: off ? [{ code: 'CLOCK_CORRECTED', message }] : [],
  };
}

function eventsRoute(context: Context): ScopedRoute {
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

async function appendEvents({ service, admission, limits, eventParser }: Context, request: ScopedRequest): Promise<ApiAnswer | Refusal> {
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

function screenshotRoute(context: Context): ScopedRoute {
  const { maxScreenshotBytes } = context.limits;
  const document: RouteDocument = {
    tag: 'ingest',
    summary: 'Upload a screenshot under the SHA-256 (hex) of its bytes, before or after its event.',
    params: { ...sessionParams, sha256: { type: 'string', pattern: '^[0-9a-fA-F]{64}$' } },
    headers: [deviceHeader],
    body: { contentType: 'image/png, image/jpeg or image/webp', schema: { type: 'string', format: 'binary' } },
    answers: {
      201: { description: 'Stored, sealed, in quarantine.', schema: screenshotSchema },
      200: { description: 'It was there already.', schema: screenshotSchema },
    },
    codes: [
      ...bodyCodes,
      'SESSION_UNKNOWN',
      'SESSION_GONE',
      'SESSION_FINISHED',
      'DEVICE_CONFLICT',
      'SCREENSHOT_DIGEST_MISMATCH',
      'SCREENSHOT_NOT_AN_IMAGE',
      'SCREENSHOT_TOO_LARGE',
      'SCREENSHOT_TOO_MANY_PIXELS',
      'SERVER_BUSY',
      'STORAGE_FULL',
    ],
  };
  return {
    method: 'PUT',
    path: `${sessionPath}/screenshots/{sha256}`,
    access: 'ingest',
    limits: { maxWireBytes: maxScreenshotBytes, maxInflatedBytes: maxScreenshotBytes },
    document,
    handle: (request) => putScreenshot(context, request),
  };
}

async function putScreenshot({ service, admission, limits }: Context, request: ScopedRequest): Promise<ApiAnswer | Refusal> {
  const ref = refOf(request);
  const state = await service.locate(ref);
  if (state instanceof Refusal) return state;
  const refused = refuseScreenshot(state, request);
  if (refused !== undefined) return refused;
  const sha256 = request.params['sha256']?.toLowerCase() ?? '';
  if (!/^[0-9a-f]{64}$/.test(sha256)) return refuse('PARAMETER_INVALID', 'sha256 must be 64 hex digits', { field: 'sha256' });
  if (await service.hasScreenshot(ref, sha256)) return answerJson(200, { sha256, stored: 'before' });
  const declared = request.header('content-length');
  const sizeBytes = declared === undefined ? limits.maxScreenshotBytes : Math.min(Number(declared), limits.maxScreenshotBytes);
  const limited = admission.take(ref.tenantId, state.deviceId, Math.ceil(sizeBytes / screenshotTokenBytes) || 1);
  if (limited !== undefined) return limited;
  return admission.receiving(sizeBytes, async () => {
    const body = await request.readBytes();
    if (body instanceof Refusal) return asScreenshotRefusal(body, limits);
    const stored = await service.putScreenshot(ref, sha256, body);
    return stored instanceof Refusal ? stored : answerJson(201, { sha256, stored: 'now', ...stored });
  });
}

function refuseScreenshot(state: SessionState, request: ScopedRequest): Refusal | undefined {
  const deviceId = deviceOf(request);
  if (deviceId instanceof Refusal) return deviceId;
  if (deviceId !== state.deviceId)
    return refuse('DEVICE_CONFLICT', 'another device records into this session', { field: 'stepwright-device' });
  return state.status === 'finished'
    ? refuse('SESSION_FINISHED', 'the session is finished', { facts: { ackedSeq: state.ackedSeq } })
    : undefined;
}

function asScreenshotRefusal(refusal: Refusal, limits: IngestLimits): Refusal {
  if (refusal.code !== 'BODY_TOO_LARGE' && refusal.code !== 'BODY_INFLATED_TOO_LARGE') return refusal;
  const { maxScreenshotBytes } = limits;
  return refuse('SCREENSHOT_TOO_LARGE', `a screenshot has at most ${maxScreenshotBytes} bytes`, { facts: { maxScreenshotBytes } });
}

const markSummaries = {
  pause: 'Pause behind the last event.',
  resume: 'Go on behind the last event.',
  finish: 'Finish behind the last event.',
} as const;

function markRoute({ service, admission }: Context, action: keyof typeof markSummaries, kind: Mark['kind']): ScopedRoute {
  return {
    method: 'POST',
    path: `${sessionPath}/${action}`,
    access: 'ingest',
    limits: smallBody,
    document: {
      tag: 'ingest',
      summary: `${markSummaries[action]} The mark takes the next seq, which \`ackedSeq\` then is. Calling again changes nothing.`,
      params: sessionParams,
      headers: [deviceHeader],
      body: { contentType: 'application/json', schema: markSchema },
      answers: { 200: { description: 'It stands.', schema: stateSchema } },
      codes: [
        ...bodyCodes,
        'SESSION_UNKNOWN',
        'SESSION_GONE',
        'SESSION_INCOMPLETE',
        'SESSION_FINISHED',
        'SESSION_TOO_OLD',
        'DEVICE_CONFLICT',
        'SERVER_BUSY',
        'STORAGE_FULL',
        'SPOOL_FULL',
      ],
    },
    async handle(request) {
      const ref = refOf(request);
      const known = await service.locate(ref);
      if (known instanceof Refusal) return known;
      const deviceId = deviceOf(request);
      if (deviceId instanceof Refusal) return deviceId;
      const body = await request.readJson();
      if (body instanceof Refusal) return body;
      const fields = readFields(body.value, markRules);
      if (fields instanceof Refusal) return fields;
      const limited = admission.take(ref.tenantId, deviceId, 1);
      if (limited !== undefined) return limited;
      const state = await service.mark(ref, deviceId, { kind, lastSeq: fields.lastSeq, abandon: fields.abandon ?? false });
      return state instanceof Refusal ? state : answerJson(200, stateAnswer(state, service));
    },
  };
}

function ackRoute({ service }: Context): ScopedRoute {
  return {
    method: 'GET',
    path: `${sessionPath}/ack`,
    access: 'ingest',
    document: {
      tag: 'ingest',
      summary: 'Where an agent goes on after a break.',
      params: sessionParams,
      answers: { 200: { description: 'The state of the upload.', schema: stateSchema } },
      codes: ['SESSION_UNKNOWN', 'SESSION_GONE'],
    },
    async handle(request) {
      const state = await service.locate(refOf(request), { newest: true });
      return state instanceof Refusal ? state : answerJson(200, stateAnswer(state, service));
    },
  };
}

function stateAnswer(state: SessionState, service: IngestService): Readonly<Record<string, unknown>> {
  return { sessionId: state.sessionId, status: state.status, ackedSeq: state.ackedSeq, slowDownMs: service.slowDownMs() };
}

function deviceOf(request: ScopedRequest): string | Refusal {
  const deviceId = request.header('stepwright-device');
  if (deviceId !== undefined && isIdentifier(deviceId)) return deviceId;
  return refuse('PARAMETER_INVALID', `the header stepwright-device must be ${identifierShape}`, { field: 'stepwright-device' });
}

function checkId(field: string, id: string | undefined): Refusal | undefined {
  if (id === undefined || isIdentifier(id)) return undefined;
  return refuse('BODY_INVALID', `${field} must be ${identifierShape}`, { field });
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
