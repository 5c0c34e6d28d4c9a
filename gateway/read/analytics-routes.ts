import { operatorReports, tenantReports, type ReportName, type TimeRange } from '../../sinks/ports/analytics.ts';
import { identifierShape, isIdentifier } from '../auth/principal.ts';
import { refuse, Refusal } from '../http/refusal.ts';
import { answerJson } from '../http/route.ts';
import type { ScopedRoute } from '../http/route.ts';
import { readInteger } from './page-parameters.ts';
import type { ReadDeps } from './ports.ts';

/**
 * What an operator sees: the deployment, which no tenant owns, and the counts of any tenant, since it is operators who answer for each of them. Nothing that names a
 * recording or a person: that stays with the tenant, also the operator's own (their key reads it as any other of that tenant).
 */
const forOperators: readonly ReportName[] = [...operatorReports, ...tenantReports.filter((name) => name !== 'views')];
const maxTimeMs = 8_640_000_000_000_000;
const monthMs = 30 * 24 * 3_600_000;

/** Named reports: of the tenant for its readers, of the deployment for operators. */
export function analyticsRoutes(deps: ReadDeps): readonly ScopedRoute[] {
  return [
    reportRoute(deps, { path: '/v1/analytics/{report}', access: 'read', tag: 'read', names: tenantReports }),
    reportRoute(deps, { path: '/v1/operator/analytics/{report}', access: 'operate', tag: 'operate', names: forOperators }),
  ];
}

const tenantParameter = { name: 'tenant', description: "Whose counts; default the key's own tenant.", schema: { type: 'string' } } as const;

interface ReportRoute extends Pick<ScopedRoute, 'path' | 'access'> {
  readonly tag: 'read' | 'operate';
  readonly names: readonly ReportName[];
}

function reportRoute(deps: ReadDeps, { path, access, tag, names }: ReportRoute): ScopedRoute {
  return {
    method: 'GET',
    path,
    access,
    document: {
      tag,
      summary: `Rows of a report: ${names.join(', ')}. Days are UTC and count whole.`,
      params: { report: { enum: names } },
      query: [
        { name: 'from', description: 'Milliseconds since the Unix epoch, default 30 days ago.', schema: { type: 'integer' } },
        { name: 'to', description: 'Exclusive; default now.', schema: { type: 'integer' } },
        ...(access === 'operate' ? [tenantParameter] : []),
      ],
      answers: {
        200: { description: 'Rows.', schema: { type: 'object', properties: { rows: { type: 'array', items: { type: 'object' } } } } },
      },
      codes: ['REPORT_UNKNOWN', 'ANALYTICS_OFF'],
    },
    async handle({ principal, params, query }) {
      const name = names.find((report) => report === params['report']);
      if (name === undefined) return refuse('REPORT_UNKNOWN', `report must be one of: ${names.join(', ')}`, { field: 'report' });
      const range = readRange(query, deps.clock.nowMs());
      if (range instanceof Refusal) return range;
      if (!deps.analytics.available) return refuse('ANALYTICS_OFF', 'the analytics engine is not installed');
      const tenantId = access === 'operate' ? (query.get('tenant') ?? principal.tenantId) : principal.tenantId;
      if (!isIdentifier(tenantId)) return refuse('PARAMETER_INVALID', `tenant must be ${identifierShape}`, { field: 'tenant' });
      const rows = await deps.analytics.report(tenantId, name, range);
      return answerJson(200, { report: name, ...range, rows });
    },
  };
}

function readRange(query: Parameters<typeof readInteger>[0], nowMs: number): TimeRange | Refusal {
  const toMs = readInteger(query, 'to', { fallback: nowMs, min: 0, max: maxTimeMs });
  if (toMs instanceof Refusal) return toMs;
  const fromMs = readInteger(query, 'from', { fallback: Math.max(0, toMs - monthMs), min: 0, max: toMs });
  return fromMs instanceof Refusal ? fromMs : { fromMs, toMs };
}
