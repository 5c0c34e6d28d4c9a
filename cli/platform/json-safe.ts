/** Offsets as text, at any depth: JSON has no integers of their size. */
export function jsonSafe(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_name, one: unknown) => (typeof one === 'bigint' ? String(one) : one)));
}
