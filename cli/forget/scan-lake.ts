import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { tenantPrefix } from '../../sinks/lake/lake-keys.ts';
import { decodeParquet } from '../../sinks/lake/parquet-file.ts';
import type { Findings } from './findings.ts';
import { worthOf } from './worth.ts';

/** Looks at every record, headers included, as on the topic, of the session in the tenant's files of the lake; says nothing when there are none. */
export async function scanLake(
  objects: ObjectStore,
  [tenantId, sessionId]: readonly [tenantId: string, sessionId: string],
  findings: Findings,
): Promise<void> {
  for await (const { key } of objects.list(tenantPrefix(tenantId))) {
    const file = await objects.get(key);
    if (file === undefined) continue;
    findings.looked('lake');
    for (const record of await decodeParquet(file)) {
      if (record.tenantId !== tenantId || record.sessionId !== sessionId) continue;
      findings.add('lake', worthOf(record.value));
      const { ingest } = record.headers;
      if (ingest !== null && worthOf(ingest) === 'readable') findings.add('lake', 'readable');
    }
  }
}
