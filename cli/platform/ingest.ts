import { createIngest } from '../../gateway/ingest/create-ingest.ts';
import type { IngestService } from '../../gateway/ingest/ingest-service.ts';
import { defaultIngestLimits } from '../../gateway/ingest/limits.ts';
import type { Policy } from '../../schemas/types/capture-event.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { Platform } from './platform.ts';
import { defaultPolicy } from './policy.ts';
import type { Storage } from './storage.ts';
import { ingestStateTopic } from './topics.ts';

export interface InProcessIngestOptions {
  readonly storage: Storage;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly newId: () => string;
  /** Default: `defaultPolicy` for everybody. */
  readonly policyOf?: (tenantId: string) => Policy;
}

/** Ingest without a port, for commands that feed files. Start it, then close it before the platform. */
export function createInProcessIngest({ storage, platform, policyOf, ...rest }: InProcessIngestOptions): IngestService {
  return createIngest({
    log: storage.log,
    captureTopic: 'capture.events.v1',
    stateTopic: ingestStateTopic,
    chunkSerde: storage.serdes['capture.events.v1'],
    quarantine: platform.quarantine,
    keyring: storage.keyring,
    eventParser: createEventParser(),
    policyOf: policyOf ?? (() => defaultPolicy),
    views: storage.views,
    lagDelayMs: () => 0,
    ...rest,
    limits: defaultIngestLimits,
  });
}
