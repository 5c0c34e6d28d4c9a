import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { Serde } from '../../schemas/serde.ts';
import type { CaptureChunk, Policy } from '../../schemas/types/capture-event.ts';
import type { EventParser } from '../../schemas/validate-event.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { Log } from '../../topology/log/log.ts';
import type { IngestLimits } from './limits.ts';

/** A log of this process alone whose appends are on the disk when they are answered, and how much of it may be used. */
export interface SpoolPort {
  readonly log: Log;
  readonly maxBytes: number;
  /** A write that the real log has not answered for so long goes to the spool. Default 2 s. */
  readonly spoolAfterMs?: number;
}

/** Everything that ingest is handed. */
export interface IngestDeps {
  readonly log: Log;
  /** Name of this gateway, when others may write to the same log: one that stays the same after a restart. Undefined when it is alone. */
  readonly gatewayId?: string;
  /** For chunks while the log is away; without one they are refused then. */
  readonly spool?: SpoolPort;
  /** Created by the caller. */
  readonly captureTopic: string;
  /** Ingest's own compacted topic of session states; created here. */
  readonly stateTopic: string;
  /** Sealed under the session's key. */
  readonly chunkSerde: Serde<CaptureChunk>;
  /** Sealed too: what is put is unreadable without the session's key. */
  readonly quarantine: ObjectStore;
  readonly keyring: Keyring;
  readonly eventParser: EventParser;
  readonly policyOf: (tenantId: string) => Policy;
  /** Whether an id was used by a session whose ingest state is gone. */
  readonly wasUsed: (tenantId: string, sessionId: string) => Promise<boolean | 'gone'>;
  /** Milliseconds that agents should wait between batches because processing lags; 0 when it does not. */
  readonly lagDelayMs: () => number;
  readonly newSessionId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly limits: IngestLimits;
}
