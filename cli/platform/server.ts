import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openKeyStore } from '../../gateway/auth/key-store.ts';
import { createSessionTokens, type SessionTokens } from '../../gateway/auth/session-tokens.ts';
import { createGateway } from '../../gateway/gateway.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import { createGuideDocuments } from '../../sinks/s3/guides/guide-documents.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { createPinoLogger, type LogLevel } from '../../topology/base/pino-logger.ts';
import { createPromMetrics } from '../../topology/base/prom-metrics.ts';
import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';
import { forgetSession } from './forget.ts';
import { observePlatform } from './operator-view.ts';
import { startPlatform, type Platform } from './platform.ts';
import { defaultPolicy } from './policy.ts';
import { openStorage, type Storage } from './storage.ts';

export interface ServerOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly allowOrigins: readonly string[];
  readonly partitions: number;
  readonly commitIntervalMs: number;
  readonly stateBudgetBytes: number;
  readonly logSync: 'never' | 'always';
  readonly logLevel: LogLevel;
  readonly analytics: boolean;
  readonly version: string;
  readonly onRestore?: (progress: RestoreProgress) => void;
}

/** A whole platform behind one port, in this process. */
export interface Server {
  readonly url: string;
  readonly storage: Storage;
  readonly platform: Platform;
  /** Tokens that end with the process. */
  readonly tokens: SessionTokens;
  close(): Promise<void>;
}

const pagesDirectory = fileURLToPath(new URL('../../viewer', import.meta.url));

/** Opens everything in order, and closes what was opened when a later part refuses. @throws {PORT_TAKEN | LOG_LOCKED | …} */
export async function startServer(options: ServerOptions): Promise<Server> {
  const clock = createSystemClock();
  const logger = createPinoLogger({ level: options.logLevel });
  const metrics = createPromMetrics({ process: true });
  const opened: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0)) await close();
  };
  try {
    const storage = await openStorage({
      dataFolder: options.data,
      partitionCount: options.partitions,
      logSync: options.logSync,
      analytics: options.analytics,
      clock,
      logger,
    });
    opened.unshift(() => storage.close());
    const { commitIntervalMs, stateBudgetBytes, onRestore } = options;
    const platform = await startPlatform({
      storage,
      commitIntervalMs,
      stateBudgetBytes,
      clock,
      random: Math.random,
      logger,
      metrics,
      ...(onRestore && { onRestore }),
    });
    opened.unshift(() => platform.close());
    const observer = observePlatform({ storage, platform, metrics, clock });
    opened.unshift(async () => observer.close());
    const tokens = createSessionTokens(randomBytes);
    const keys = await openKeyStore({ randomBytes, file: storage.keyFile });
    const { log, serdes, keyring, objects, views, analytics } = storage;
    const gateway = createGateway({
      host: options.host,
      port: options.port,
      allowedOrigins: options.allowOrigins,
      pagesDirectory,
      version: options.version,
      log,
      serdes: {
        capture: serdes['capture.events.v1'],
        steps: serdes['guide.steps.v1'],
        sessions: serdes['guide.sessions.v1'],
        usage: serdes['usage.events.v1'],
      },
      eventParser: createEventParser(),
      verifiers: [keys, tokens],
      keyring,
      quarantine: platform.quarantine,
      images: objects,
      views,
      documents: createGuideDocuments(objects),
      analytics: analytics.reader,
      operator: observer.operator,
      health: observer.health,
      policyOf: () => defaultPolicy,
      forget: (tenantId, sessionId) => forgetSession(storage, platform.sinks, [tenantId, sessionId]),
      lagDelayMs: () => observer.lagDelayMs(),
      newId: randomUUID,
      clock,
      logger,
      metrics,
    });
    opened.unshift(() => gateway.close());
    const { url } = await gateway.start();
    return { url, storage, platform, tokens, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
