import { bodyCodes } from '../http/dispatcher.ts';
import { readFields } from '../http/json.ts';
import { Refusal } from '../http/refusal.ts';
import type { ScopedRoute } from '../http/route.ts';
import { answerJson } from '../http/route.ts';
import { refOf, sessionParams } from '../http/session-ref.ts';
import { maxSeq } from './event-batch.ts';
import { markSchema, stateSchema } from './ingest-schemas.ts';
import type { Mark } from './session-rules.ts';
import type { RouteContext } from './route-context.ts';
import { deviceHeader, deviceOf, sessionPath, smallBody, stateAnswer } from './route-context.ts';

const markRules = {
  lastSeq: { type: 'integer', min: 0, max: maxSeq },
  abandon: { type: 'boolean', optional: true },
} as const;

const markSummaries = {
  pause: 'Pause behind the last event.',
  resume: 'Go on behind the last event.',
  finish: 'Finish behind the last event.',
} as const;

/** Pausing, going on, finishing. */
export function markRoute({ service, admission }: RouteContext, action: keyof typeof markSummaries, kind: Mark['kind']): ScopedRoute {
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
