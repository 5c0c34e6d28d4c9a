import type { SessionUpsert } from '../../../schemas/types/guide.ts';
import { summarise } from '../../views/guide-summary.ts';
import type { SessionRows } from '../../views/session-rows.ts';
import { newest } from '../../../schemas/revision.ts';
import type { RowWrite } from './ordered-rows.ts';
import { guideKey, guideListPrefix, listKey, openedKey, sessionKey, sessionListPrefix, stepKey } from './view-keys.ts';

/** The writes that bring the rows of one session from `standing` to the newest of `standing` and `next`; none where nothing is newer. */
export function changeWrites(standing: SessionRows, next: SessionRows): RowWrite[] {
  const { tenantId, sessionId } = next;
  const session = next.session === undefined ? standing.session : newest(standing.session, next.session);
  const guide = next.guide === undefined ? standing.guide : newest(standing.guide, next.guide);
  const times = { fromMs: openedAt(standing.session), toMs: openedAt(session) };
  const writes: RowWrite[] = [];
  for (const [stepId, step] of next.steps) {
    if (newest(standing.steps.get(stepId), step) === step) writes.push(put(stepKey(tenantId, sessionId, stepId), step));
  }
  if (session !== undefined && session !== standing.session) {
    writes.push(put(sessionKey(tenantId, sessionId), session), opened(tenantId, sessionId, times.toMs));
    writes.push(...listWrites(sessionListPrefix(tenantId), sessionId, times, session));
  }
  if (guide !== undefined && guide !== standing.guide) writes.push(put(guideKey(tenantId, sessionId), guide));
  if (guide !== undefined && (guide !== standing.guide || times.fromMs !== times.toMs)) {
    writes.push(...listWrites(guideListPrefix(tenantId), sessionId, times, summarise(guide, times.toMs)));
  }
  return writes;
}

/** Puts a row into a newest-first list, and takes it from its old place when its time changed. */
function listWrites(prefix: Buffer, sessionId: string, times: { readonly fromMs: number; readonly toMs: number }, row: object): RowWrite[] {
  const placed = put(listKey(prefix, times.toMs, sessionId), row);
  return times.fromMs === times.toMs ? [placed] : [unlist(prefix, times.fromMs, sessionId), placed];
}

/** What is known of a session that is taken away: its keys, and where the lists have it. */
export interface Removal {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly openedAtMs: number;
  readonly keys: readonly Buffer[];
}

/** The writes that take every row of a session away. */
export function removalWrites({ tenantId, sessionId, openedAtMs, keys }: Removal): RowWrite[] {
  const listed = [unlist(sessionListPrefix(tenantId), openedAtMs, sessionId), unlist(guideListPrefix(tenantId), openedAtMs, sessionId)];
  return [...[...keys, openedKey(tenantId, sessionId)].map((key): RowWrite => ({ type: 'del', key })), ...listed];
}

function openedAt(session: SessionUpsert | undefined): number {
  return session?.openedAtMs ?? 0;
}

function put(key: Buffer, row: object): RowWrite {
  return { type: 'put', key, value: Buffer.from(JSON.stringify(row)) };
}

function opened(tenantId: string, sessionId: string, openedAtMs: number): RowWrite {
  return { type: 'put', key: openedKey(tenantId, sessionId), value: Buffer.from(String(openedAtMs)) };
}

function unlist(prefix: Buffer, openedAtMs: number, sessionId: string): RowWrite {
  return { type: 'del', key: listKey(prefix, openedAtMs, sessionId) };
}
