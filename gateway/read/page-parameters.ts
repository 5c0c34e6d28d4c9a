import type { PageRequest } from '../../sinks/ports/views.ts';
import { refuse } from '../http/refusal.ts';
import { Refusal } from '../http/refusal.ts';
import type { ParameterDocument } from '../http/route.ts';
import { unmarkCursor } from './list-cursor.ts';

const defaultLimit = 50;
const maxLimit = 200;
const maxQueryLength = 200;

export const pageParameters: readonly ParameterDocument[] = [
  { name: 'limit', description: `Rows a page, default ${defaultLimit}.`, schema: { type: 'integer', minimum: 1, maximum: maxLimit } },
  { name: 'cursor', description: '`cursor` of the page before.', schema: { type: 'string', pattern: '^[A-Za-z0-9_-]+$' } },
  { name: 'q', description: 'Words that the title must hold.', schema: { type: 'string', maxLength: maxQueryLength } },
];

/** `limit`, `cursor` and `q` of a list, which is named for its cursors. */
export function readPageRequest(
  query: URLSearchParams,
  { list, tenantId }: { readonly list: string; readonly tenantId: string },
): PageRequest | Refusal {
  const limitCount = readInteger(query, 'limit', { fallback: defaultLimit, min: 1, max: maxLimit });
  if (limitCount instanceof Refusal) return limitCount;
  const marked = query.get('cursor');
  const cursor = marked === null ? null : unmarkCursor(list, tenantId, marked);
  if (cursor === undefined) {
    return refuse('CURSOR_INVALID', 'cursor must be one that this list handed out', { field: 'cursor' });
  }
  const words = query.get('q')?.trim() ?? '';
  if (words.length > maxQueryLength) {
    return refuse('PARAMETER_INVALID', `q must not be longer than ${maxQueryLength} characters`, { field: 'q' });
  }
  return { limitCount, ...(cursor === null ? {} : { cursor }), ...(words === '' ? {} : { query: words }) };
}

/** A whole number of the query, or the fallback when it is absent. */
export function readInteger(
  query: URLSearchParams,
  name: string,
  bounds: { readonly fallback: number; readonly min: number; readonly max: number },
): number | Refusal {
  const text = query.get(name);
  if (text === null) return bounds.fallback;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  return refuse('PARAMETER_INVALID', `${name} must be a whole number from ${bounds.min} to ${bounds.max}`, { field: name });
}
