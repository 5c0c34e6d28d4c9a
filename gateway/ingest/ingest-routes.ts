import { Refusal } from '../http/refusal.ts';
import type { ScopedRoute } from '../http/route.ts';
import { answerJson } from '../http/route.ts';
import { refOf, sessionParams } from '../http/session-ref.ts';
import { Admission } from './admission.ts';
import { eventsRoute } from './events-route.ts';
import { stateSchema } from './ingest-schemas.ts';
import type { IngestService } from './ingest-service.ts';
import { markRoute } from './mark-route.ts';
import { openRoute } from './open-route.ts';
import type { IngestDeps } from './ports.ts';
import type { RouteContext } from './route-context.ts';
import { sessionPath, stateAnswer } from './route-context.ts';
import { screenshotRoute } from './screenshot-route.ts';

/** The routes that agents call. */
export function ingestRoutes(
  service: IngestService,
  deps: Pick<IngestDeps, 'clock' | 'metrics' | 'limits' | 'eventParser'>,
): readonly ScopedRoute[] {
  const { limits, eventParser } = deps;
  const context: RouteContext = { service, limits, eventParser, admission: new Admission(limits, deps.clock, deps.metrics) };
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

function ackRoute({ service }: RouteContext): ScopedRoute {
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
