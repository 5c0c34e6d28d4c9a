import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { currentKey } from '../../sinks/s3/guides/guide-keys.ts';
import type { Findings } from './findings.ts';
import { isSealed } from './worth.ts';

/** Looks at every object whose name has the session in it, whatever folder it is in. */
export async function scanObjects(
  objects: ObjectStore,
  [tenantId, sessionId]: readonly [tenantId: string, sessionId: string],
  findings: Findings,
): Promise<void> {
  findings.looked('objects');
  const tombstone = currentKey(tenantId, sessionId);
  const inside = `/${tenantId}/${sessionId}/`;
  for await (const { key } of objects.list('')) {
    if (!key.includes(inside)) continue;
    const body = key === tombstone ? undefined : await objects.get(key);
    if (body === undefined) findings.add('objects', 'id');
    else findings.add('objects', isSealed(body) ? 'unreadable' : 'readable');
  }
}
