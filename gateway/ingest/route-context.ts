import type { EventParser } from '../../schemas/validate-event.ts';
import { identifierPattern, identifierShape, isIdentifier } from '../auth/principal.ts';
import type { Refusal } from '../http/refusal.ts';
import { refuse } from '../http/refusal.ts';
import type { ParameterDocument, ScopedRequest } from '../http/route.ts';
import type { Admission } from './admission.ts';
import type { IngestService } from './ingest-service.ts';
import type { IngestLimits } from './limits.ts';
import type { SessionState } from './session-state.ts';

/** What the ingest routes share. */
export interface RouteContext {
  readonly service: IngestService;
  readonly admission: Admission;
  readonly limits: IngestLimits;
  readonly eventParser: EventParser;
}

/** Of every route behind an opened session. */
export const sessionPath = '/v1/sessions/{sessionId}';

/** Of routes that take a handful of fields. */
export const smallBody = { maxWireBytes: 16_384, maxInflatedBytes: 65_536 };
export const dayMs = 24 * 3_600_000;

export const deviceHeader: ParameterDocument = {
  name: 'stepwright-device',
  description: 'The device id that the session was opened with.',
  schema: { type: 'string', pattern: identifierPattern },
  required: true,
};

/** The device that a request names in its header. */
export function deviceOf(request: ScopedRequest): string | Refusal {
  const deviceId = request.header('stepwright-device');
  if (deviceId !== undefined && isIdentifier(deviceId)) return deviceId;
  return refuse('PARAMETER_INVALID', `the header stepwright-device must be ${identifierShape}`, { field: 'stepwright-device' });
}

/** What an agent is told of its session in every answer. */
export function stateAnswer(state: SessionState, service: IngestService): Readonly<Record<string, unknown>> {
  return { sessionId: state.sessionId, status: state.status, ackedSeq: state.ackedSeq, slowDownMs: service.slowDownMs() };
}
