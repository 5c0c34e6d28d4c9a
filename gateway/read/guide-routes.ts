import { toGuideDocument } from '../../schemas/guide-document.ts';
import { refuse, Refusal } from '../http/refusal.ts';
import { answerJson } from '../http/route.ts';
import type { ApiAnswer, JsonSchema, ScopedRequest, ScopedRoute } from '../http/route.ts';
import { documentPolicy } from '../http/security-headers.ts';
import { refOf, sessionParams } from '../http/session-ref.ts';
import type { SessionRef } from '../http/session-ref.ts';
import { listRoute } from './list-route.ts';
import type { ReadDeps } from './ports.ts';
import { gone, isGone } from './session-routes.ts';

const formats = ['json', 'html', 'md', 'print'] as const;
type Format = (typeof formats)[number];

const summarySchema: JsonSchema = {
  type: 'object',
  required: ['sessionId', 'guideId', 'title', 'summary', 'stepCount', 'openedAtMs'],
  properties: {
    sessionId: { type: 'string' },
    guideId: { type: 'string' },
    title: { type: 'string' },
    summary: { type: 'string' },
    stepCount: { type: 'integer' },
    openedAtMs: { type: 'integer' },
    thumbnailKey: { type: 'string', description: 'Under /v1/images/.' },
  },
};

/** Finished guides. */
export function guideRoutes(deps: ReadDeps): readonly ScopedRoute[] {
  const list = listRoute({
    path: '/v1/guides',
    summary: 'Finished guides, newest first.',
    rowSchema: summarySchema,
    list: (tenantId, page) => deps.views.listGuides(tenantId, page),
  });
  return [list, guideRoute(deps)];
}

/** In short, so that the document stands alone; the whole is docs/guide.schema.json. */
const guideSchema = {
  type: 'object',
  description: 'docs/guide.schema.json, urn:stepwright:guide:1',
  required: ['schemaVersion', 'guideId', 'sessionId', 'title', 'summary', 'durationMs', 'missedEvents', 'redactions', 'warnings', 'steps'],
} as const;

function guideRoute(deps: ReadDeps): ScopedRoute {
  return {
    method: 'GET',
    path: '/v1/guides/{sessionId}',
    access: 'read',
    document: {
      tag: 'read',
      summary: 'The guide of a session: docs/guide.schema.json, a self-contained page (print shows it without navigation), or Markdown.',
      query: [
        { name: 'format', description: 'Default json.', schema: { enum: formats } },
        { name: 'download', description: '`1`: as a file.', schema: { enum: ['1'] } },
      ],
      params: sessionParams,
      answers: { 200: { description: 'The guide, as `format` says.', schema: guideSchema, otherTypes: ['text/html', 'text/markdown'] } },
      codes: ['GUIDE_UNKNOWN', 'SESSION_GONE'],
    },
    handle: (request) => answerGuide(deps, request),
  };
}

async function answerGuide(deps: ReadDeps, request: ScopedRequest): Promise<ApiAnswer | Refusal> {
  const format = readFormat(request.query);
  if (format instanceof Refusal) return format;
  const ref = refOf(request);
  if (isGone(deps, ref)) return gone();
  const answer = format === 'json' ? await answerData(deps, ref) : await answerDocument(deps, ref, format);
  if (answer instanceof Refusal) return answer;
  const isExport = format === 'md' || request.query.get('download') === '1';
  deps.usage.seen({ ...ref, kind: isExport ? 'guide.exported' : 'guide.viewed', actor: request.principal.keyId });
  if (request.query.get('download') !== '1') return answer;
  const file = `guide-${ref.sessionId}.${format === 'print' ? 'html' : format}`;
  return { ...answer, headers: { ...answer.headers, 'content-disposition': `attachment; filename="${file}"` } };
}

async function answerData(deps: ReadDeps, { tenantId, sessionId }: SessionRef): Promise<ApiAnswer | Refusal> {
  const guide = await deps.views.guide(tenantId, sessionId);
  if (guide === 'gone') return gone();
  return guide === undefined ? unknownGuide() : answerJson(200, toGuideDocument(guide));
}

async function answerDocument(
  deps: ReadDeps,
  { tenantId, sessionId }: SessionRef,
  format: 'html' | 'md' | 'print',
): Promise<ApiAnswer | Refusal> {
  const document = await deps.documents.document(tenantId, sessionId, format === 'print' ? 'html' : format);
  if (document === 'gone') return gone();
  if (document === undefined) return unknownGuide();
  return { status: 200, bytes: document, headers: { 'content-security-policy': documentPolicy } };
}

function unknownGuide(): Refusal {
  return refuse('GUIDE_UNKNOWN', 'there is no such guide, or it is not finished yet', { field: 'sessionId' });
}

function readFormat(query: URLSearchParams): Format | Refusal {
  const wanted = query.get('format') ?? 'json';
  return (
    formats.find((format) => format === wanted) ??
    refuse('PARAMETER_INVALID', `format must be one of: ${formats.join(', ')}`, { field: 'format' })
  );
}
