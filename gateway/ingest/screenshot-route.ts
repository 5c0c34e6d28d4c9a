import { bodyCodes } from '../http/dispatcher.ts';
import { Refusal, refuse } from '../http/refusal.ts';
import type { ApiAnswer, RouteDocument, ScopedRequest, ScopedRoute } from '../http/route.ts';
import { answerJson } from '../http/route.ts';
import { refOf, sessionParams } from '../http/session-ref.ts';
import { screenshotSchema } from './ingest-schemas.ts';
import type { IngestLimits } from './limits.ts';
import type { RouteContext } from './route-context.ts';
import { deviceHeader, deviceOf, sessionPath } from './route-context.ts';
import type { SessionState } from './session-state.ts';

const screenshotTokenBytes = 65_536;

/** Storing a picture. */
export function screenshotRoute(context: RouteContext): ScopedRoute {
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

async function putScreenshot({ service, admission, limits }: RouteContext, request: ScopedRequest): Promise<ApiAnswer | Refusal> {
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
