import type { ReportName } from '../../sinks/ports/analytics.ts';
import { refuse, Refusal } from '../http/refusal.ts';
import { answerJson } from '../http/route.ts';
import type { ScopedRoute } from '../http/route.ts';
import { readInteger } from './page-parameters.ts';
import type { ReadDeps } from './ports.ts';

const reports: readonly ReportName[] = ['sessions', 'steps', 'guides', 'usage', 'redactions', 'views'];
const maxTimeMs = 8_640_000_000_000_000;
const monthMs = 30 * 24 * 3_600_000;

/** Named reports of the tenant. */
export function analyticsRoutes(deps: ReadDeps): readonly ScopedRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/analytics/{report}',
      access: 'read',
      document: {
        tag: 'read',
        summary: `Rows of a report: ${reports.join(', ')}.`,
        params: { report: { enum: reports } },
        query: [
          { name: 'from', description: 'Milliseconds since the Unix epoch, default 30 days ago.', schema: { type: 'integer' } },
          { name: 'to', description: 'Exclusive; default now.', schema: { type: 'integer' } },
        ],
        answers: {
          200: { description: 'Rows.', schema: { type: 'object', properties: { rows: { type: 'array', items: { type: 'object' } } } } },
        },
        codes: ['REPORT_UNKNOWN', 'ANALYTICS_OFF'],
      },
      async handle({ principal, params, query }) {
        const name = reports.find((report) => report === params['report']);
        if (name === undefined) return refuse('REPORT_UNKNOWN', `report must be one of: ${reports.join(', ')}`, { field: 'report' });
        const nowMs = deps.clock.nowMs();
        const toMs = readInteger(query, 'to', { fallback: nowMs, min: 0, max: maxTimeMs });
        if (toMs instanceof Refusal) return toMs;
        const fromMs = readInteger(query, 'from', { fallback: Math.max(0, toMs - monthMs), min: 0, max: toMs });
        if (fromMs instanceof Refusal) return fromMs;
        if (!deps.analytics.available) return refuse('ANALYTICS_OFF', 'the analytics engine is not installed');
        return answerJson(200, {
          report: name,
          fromMs,
          toMs,
          rows: await deps.analytics.report(principal.tenantId, name, { fromMs, toMs }),
        });
      },
    },
  ];
}
