import type { ViewReader } from '../../sinks/ports/views.ts';
import { IngestService } from './ingest-service.ts';
import type { IngestDeps } from './ports.ts';

/** Ingest beside the views that know which ids were used. */
export interface CreateIngestOptions extends Omit<IngestDeps, 'wasUsed' | 'newSessionId'> {
  readonly views: Pick<ViewReader, 'session'>;
  readonly newId: () => string;
}

export function createIngest({ views, newId, ...deps }: CreateIngestOptions): IngestService {
  return new IngestService({
    ...deps,
    wasUsed: async (tenantId, sessionId) => {
      const session = await views.session(tenantId, sessionId);
      return session === 'gone' ? session : session !== undefined;
    },
    newSessionId: () => `s-${newId()}`,
  });
}
