import type { Server } from 'node:http';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { Serde } from '../../schemas/serde.ts';
import type { SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { ViewReader } from '../../sinks/ports/views.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import { partitionOfKey } from '../../topology/base/partition.ts';
import type { Log } from '../../topology/log/log.ts';
import type { Authenticator } from '../auth/authenticate.ts';
import type { OriginPolicy } from '../http/origin.ts';
import type { UsageWriter } from '../read/usage-writer.ts';
import { LiveEndpoint, livePathPrefix } from './live-endpoint.ts';
import type { LiveLimits } from './live-endpoint.ts';
import { LiveHub } from './live-hub.ts';
import type { CreateLiveServer, LiveServer } from './live-server.ts';
import { LogTail } from './log-tail.ts';

export interface LiveDeps {
  readonly log: Log;
  readonly topics: { readonly steps: string; readonly sessions: string };
  readonly serdes: { readonly steps: Serde<StepUpsert>; readonly sessions: Serde<SessionUpsert> };
  readonly views: ViewReader;
  readonly keyring: Keyring;
  readonly authenticator: Authenticator;
  readonly origins: OriginPolicy;
  readonly usage: UsageWriter;
  readonly isOpen: (tenantId: string, sessionId: string) => boolean;
  readonly edition: () => string;
  readonly server: Server;
  readonly createLiveServer: CreateLiveServer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly limits: Partial<LiveLimits>;
  readonly ringLimits?: { readonly maxRecords: number; readonly maxBytes: number };
  readonly pingIntervalMs?: number;
}

export interface Live {
  /** Begins to tail and to take sockets. @throws {LOG_TOPIC_UNKNOWN} */
  start(): Promise<void>;
  /** The session was deleted. */
  gone(scope: string): void;
  /** Closes all sockets with 1001. */
  close(): Promise<void>;
}

export const defaultLiveLimits: LiveLimits = {
  maxBufferedBytes: 256 * 1024,
  maxPendingSteps: 2_000,
  maxStallMs: 15_000,
  maxWatchers: 20_000,
  maxWatchersPerTenant: 5_000,
};
const defaultRing = { maxRecords: 20_000, maxBytes: 16 * 1024 * 1024 };
const maxReplayRecords = 50_000;

/** Tail, hub, endpoint and sockets put together. */
export function createLive(deps: LiveDeps): Live {
  const { log, topics, serdes, views, clock, logger } = deps;
  const unreadable = deps.metrics.counter('gateway_live_unreadable_total', 'Records of the live topics that were skipped');
  const hub = new LiveHub({
    stepSerde: serdes.steps,
    sessionSerde: serdes.sessions,
    ringLimits: deps.ringLimits ?? defaultRing,
    nowMs: () => clock.nowMs(),
    onDeleted: (scope) => endpoint.gone(scope),
    onUnreadable: (error) => {
      unreadable.add(1);
      logger.warn({ err: error }, 'a record of the live topics could not be read; it is skipped');
    },
  });
  const onRestarted = (): void => endpoint.reloadAll();
  const tail = new LogTail({ log, stepsTopic: topics.steps, sessionsTopic: topics.sessions, hub, clock, logger, onRestarted });
  const partitionOf = (scope: string): number => partitionOfKey(Buffer.from(scope), tail.partitionCount);
  const endpoint: LiveEndpoint = new LiveEndpoint({
    ...deps,
    join: { views, hub, tail, stepsTopic: topics.steps, partitionOf, maxReplayRecords },
    epoch: () => `${tail.stepsTopicId}.${deps.edition()}`,
    limits: { ...defaultLiveLimits, ...deps.limits },
  });
  let server: LiveServer | undefined;
  return {
    async start() {
      await tail.start();
      endpoint.start();
      const { server: http, createLiveServer, pingIntervalMs = 25_000 } = deps;
      server = createLiveServer({ server: http, pathPrefix: livePathPrefix, handlers: endpoint, pingIntervalMs });
    },
    gone: (scope) => endpoint.gone(scope),
    async close() {
      endpoint.stop();
      await server?.close();
      await tail.stop();
    },
  };
}
