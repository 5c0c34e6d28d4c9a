import type { ViewBatch } from '../../ports/views.ts';
import type { Views } from '../../contracts/views-contract.ts';

type Owned = { readonly tenantId: string };

/**
 * Views whose tenants no other test has: making a keyspace for each test would be most of its time. Rows get the longer name on the way in and lose it on
 * the way out.
 */
export function ownTenants(views: Views, prefix: string): Views {
  const inward = <Row extends Owned>(row: Row): Row => ({ ...row, tenantId: `${prefix}${row.tenantId}` });
  const outward = <Row>(row: Row): Row => {
    if (typeof row !== 'object' || row === null || !('tenantId' in row) || typeof row.tenantId !== 'string') return row;
    return { ...row, tenantId: row.tenantId.slice(prefix.length) };
  };
  return {
    apply: (batch) => views.apply(renamed(batch, inward)),
    positions: () => views.positions(),
    forget: (tenantId, sessionId) => views.forget(`${prefix}${tenantId}`, sessionId),
    close: () => views.close(),
    session: async (tenantId, sessionId) => outward(await views.session(`${prefix}${tenantId}`, sessionId)),
    guide: async (tenantId, sessionId) => outward(await views.guide(`${prefix}${tenantId}`, sessionId)),
    liveSteps: async (tenantId, sessionId) => {
      const live = await views.liveSteps(`${prefix}${tenantId}`, sessionId);
      return typeof live === 'object' ? { ...live, session: outward(live.session), steps: live.steps.map(outward) } : live;
    },
    listSessions: async (tenantId, page) => {
      const found = await views.listSessions(`${prefix}${tenantId}`, page);
      return { ...found, rows: found.rows.map(outward) };
    },
    listGuides: (tenantId, page) => views.listGuides(`${prefix}${tenantId}`, page),
  };
}

function renamed(batch: ViewBatch, inward: <Row extends Owned>(row: Row) => Row): ViewBatch {
  const offsets = new Map(batch.offsets);
  const rename = <Row extends ViewBatch['steps' | 'sessions' | 'guides'][number]>(row: Row): Row => {
    const next = inward(row);
    const offset = batch.offsets?.get(row);
    if (offset !== undefined) offsets.set(next, offset);
    return next;
  };
  const rows = { steps: batch.steps.map(rename), sessions: batch.sessions.map(rename), guides: batch.guides.map(rename) };
  return { ...batch, ...rows, ...(batch.offsets && { offsets }) };
}
