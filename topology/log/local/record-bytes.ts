import type { OutputRecord } from '../log.ts';

/** Bytes a record counts for in limits and budgets: key, value and headers. */
export function recordBytes({ key, value, headers }: OutputRecord): number {
  let byteCount = (key?.length ?? 0) + (value?.length ?? 0);
  if (headers !== undefined) for (const [name, content] of headers) byteCount += name.length + content.length;
  return byteCount;
}
