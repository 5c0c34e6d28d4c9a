import { bodyCodes } from '../http/dispatcher.ts';
import { identifierShape, isIdentifier } from '../auth/principal.ts';
import { readFields } from '../http/json.ts';
import { Refusal, refuse } from '../http/refusal.ts';
import type { ApiAnswer, RouteDocument, ScopedRequest, ScopedRoute } from '../http/route.ts';
import { answerJson } from '../http/route.ts';
import { openBodySchema, openedSchema } from './ingest-schemas.ts';
import type { IngestService, Opened } from './ingest-service.ts';
import type { IngestLimits } from './limits.ts';
import type { RouteContext } from './route-context.ts';
import { dayMs, smallBody, stateAnswer } from './route-context.ts';

/** The year 128,000; the wire format takes integers up to 2^52. */
const maxTimeMs = 4_000_000_000_000_000;

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

/** Opening a recording, or finding it again. */
export function openRoute(context: RouteContext): ScopedRoute {
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

async function open({ service, admission, limits }: RouteContext, request: ScopedRequest): Promise<ApiAnswer | Refusal> {
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

function checkId(field: string, id: string | undefined): Refusal | undefined {
  if (id === undefined || isIdentifier(id)) return undefined;
  return refuse('BODY_INVALID', `${field} must be ${identifierShape}`, { field });
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
