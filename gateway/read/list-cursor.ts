import { createHash } from 'node:crypto';

const markLength = 8;

/**
 * The cursor of a view as a list hands it out: with a mark of list, tenant and place in front, so that what was cut, mistyped or taken from another
 * list is told apart from one of ours. It proves nothing: a made-up cursor that passes reads rows of its own tenant, like any other.
 */
export function markCursor(list: string, tenantId: string, cursor: string): string {
  return markOf(list, tenantId, cursor) + cursor;
}

/** The view's cursor again; `undefined` when this list did not hand it out to the tenant. */
export function unmarkCursor(list: string, tenantId: string, marked: string): string | undefined {
  const cursor = marked.slice(markLength);
  return cursor !== '' && marked.startsWith(markOf(list, tenantId, cursor)) ? cursor : undefined;
}

function markOf(list: string, tenantId: string, cursor: string): string {
  return createHash('sha256').update(`${list}\n${tenantId}\n${cursor}`).digest('base64url').slice(0, markLength);
}
