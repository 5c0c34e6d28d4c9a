import type { SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import { refuse } from '../http/refusal.ts';
import type { Refusal } from '../http/refusal.ts';
import { answerJson } from '../http/route.ts';
import type { ApiAnswer, JsonSchema, ScopedRoute } from '../http/route.ts';
import { refOf, sessionParams } from '../http/session-ref.ts';
import type { SessionRef } from '../http/session-ref.ts';
import { listRoute } from './list-route.ts';
import type { ReadDeps } from './ports.ts';

const sessionSchema: JsonSchema = {
  type: 'object',
  required: ['sessionId', 'status', 'title', 'openedAtMs', 'eventCount', 'missedEvents', 'warnings'],
  properties: {
    sessionId: { type: 'string' },
    status: { enum: ['recording', 'paused', 'idle', 'finished', 'blocked'] },
    title: { type: 'string' },
    openedAtMs: { type: 'integer', description: "Milliseconds since the Unix epoch, by the server's clock, like all times of a session." },
    lastEventAtMs: { type: 'integer', description: 'Of the latest event; `openedAtMs` before the first.' },
    eventCount: { type: 'integer' },
    missedEvents: { type: 'integer' },
    duplicateEvents: { type: 'integer' },
    warnings: { type: 'array', items: { type: 'string' } },
  },
};
const stepsSchema: JsonSchema = {
  type: 'object',
  required: ['session', 'steps'],
  properties: { session: sessionSchema, steps: { type: 'array', items: { type: 'object' } } },
};
const reportSchema: JsonSchema = {
  type: 'object',
  required: ['sessionId', 'deleted'],
  properties: {
    sessionId: { type: 'string' },
    deleted: { type: 'object', additionalProperties: { type: 'integer' }, description: 'What was deleted, by place.' },
  },
};

/** Sessions and their steps as the views have them, and deletion. */
export function sessionRoutes(deps: ReadDeps): readonly ScopedRoute[] {
  const list = listRoute({
    path: '/v1/sessions',
    summary: 'Recordings, newest first.',
    rowSchema: sessionSchema,
    list: async (tenantId, page) => {
      const { rows, ...rest } = await deps.views.listSessions(tenantId, page);
      return { ...rest, rows: rows.map(publicSession) };
    },
  });
  return [list, sessionRoute(deps), stepsRoute(deps), deleteRoute(deps)];
}

function sessionRoute(deps: ReadDeps): ScopedRoute {
  return {
    method: 'GET',
    path: '/v1/sessions/{sessionId}',
    access: 'read',
    document: {
      tag: 'read',
      summary: 'One recording.',
      params: sessionParams,
      answers: { 200: { description: 'As it stands.', schema: sessionSchema } },
      codes: ['SESSION_UNKNOWN', 'SESSION_GONE'],
    },
    async handle(request) {
      const ref = refOf(request);
      const session = isGone(deps, ref) ? 'gone' : await deps.views.session(ref.tenantId, ref.sessionId);
      if (session === 'gone') return gone();
      if (session !== undefined) return answerJson(200, publicSession(session));
      const pending = pendingSession(deps, ref);
      return pending === undefined ? unknownSession() : answerJson(200, pending);
    },
  };
}

function stepsRoute(deps: ReadDeps): ScopedRoute {
  return {
    method: 'GET',
    path: '/v1/sessions/{sessionId}/steps',
    access: 'read',
    document: {
      tag: 'read',
      summary: 'The steps of a recording so far. To follow it, open the live WebSocket instead of asking again.',
      params: sessionParams,
      answers: { 200: { description: 'In order, removed ones left out.', schema: stepsSchema } },
      codes: ['SESSION_UNKNOWN', 'SESSION_GONE'],
    },
    async handle(request) {
      const ref = refOf(request);
      const snapshot = isGone(deps, ref) ? 'gone' : await deps.views.liveSteps(ref.tenantId, ref.sessionId);
      if (snapshot === 'gone') return gone();
      if (snapshot !== undefined) {
        return answerJson(200, { session: publicSession(snapshot.session), steps: snapshot.steps.map(publicStep) });
      }
      const pending = pendingSession(deps, ref);
      return pending === undefined ? unknownSession() : answerJson(200, { session: pending, steps: [] });
    },
  };
}

function deleteRoute(deps: ReadDeps): ScopedRoute {
  return {
    method: 'DELETE',
    path: '/v1/sessions/{sessionId}',
    access: 'edit',
    document: {
      tag: 'read',
      summary:
        'Delete a recording and all that was made of it. Afterwards every route answers SESSION_GONE. Calling again completes a deletion that failed.',
      params: sessionParams,
      answers: { 200: { description: 'Deleted.', schema: reportSchema } },
      codes: ['SESSION_UNKNOWN', 'STORAGE_FULL'],
    },
    handle: (request) => deleteSession(deps, refOf(request)),
  };
}

async function deleteSession(deps: ReadDeps, ref: SessionRef): Promise<ApiAnswer | Refusal> {
  const { tenantId, sessionId } = ref;
  const known =
    isGone(deps, ref) ||
    deps.openSession(tenantId, sessionId) !== undefined ||
    (await deps.views.session(tenantId, sessionId)) !== undefined;
  if (!known) return unknownSession();
  try {
    const { deleted } = await deps.forget(tenantId, sessionId);
    return answerJson(200, { sessionId, deleted });
  } finally {
    // The key goes first: even after a failure further on, nothing of the session may be shown or taken.
    if (isGone(deps, ref)) deps.forgotten(tenantId, sessionId);
  }
}

/** The tombstone in the keyring decides, whatever a view still holds. */
export function isGone(deps: Pick<ReadDeps, 'keyring'>, { tenantId, sessionId }: SessionRef): boolean {
  return deps.keyring.peek(`${tenantId}/${sessionId}`) === 'gone';
}

export function gone(): Refusal {
  return refuse('SESSION_GONE', 'the session was deleted');
}

export function unknownSession(): Refusal {
  return refuse('SESSION_UNKNOWN', 'there is no such session', { field: 'sessionId' });
}

/** What a reader sees: neither tenant nor revision. */
export function publicSession({
  tenantId: _tenantId,
  revision: _revision,
  ...session
}: SessionUpsert): Omit<SessionUpsert, 'tenantId' | 'revision'> {
  return session;
}

/** What a reader sees of a step; the revision stays, so that a watcher can order what it has. */
export function publicStep({
  tenantId: _tenantId,
  sessionId: _sessionId,
  ...step
}: StepUpsert): Omit<StepUpsert, 'tenantId' | 'sessionId'> {
  return step;
}

/** Opened, but no event has come out of the chain yet. */
function pendingSession(deps: ReadDeps, { tenantId, sessionId }: SessionRef): Omit<SessionUpsert, 'tenantId' | 'revision'> | undefined {
  const open = deps.openSession(tenantId, sessionId);
  if (open === undefined) return undefined;
  const { status, openedAtMs } = open;
  return {
    sessionId,
    status,
    title: '',
    openedAtMs,
    lastEventAtMs: openedAtMs,
    eventCount: 0,
    missedEvents: 0,
    duplicateEvents: 0,
    warnings: [],
  };
}
