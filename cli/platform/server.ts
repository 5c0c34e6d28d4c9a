import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openKeyStore } from '../../gateway/auth/key-store.ts';
import { createSessionTokens, type SessionTokens } from '../../gateway/auth/session-tokens.ts';
import { createGateway, type GatewayDeps } from '../../gateway/gateway.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import { createGuideDocuments } from '../../sinks/s3/guides/guide-documents.ts';
import { runAll } from '../../topology/base/run-all.ts';
import { createSystemClock, type Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { createPinoLogger, type LogLevel } from '../../topology/base/pino-logger.ts';
import { createPromMetrics, type PromMetrics } from '../../topology/base/prom-metrics.ts';
import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';
import { forgetSession } from './forget.ts';
import { observePlatform, type PlatformObserver } from './operator-view.ts';
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
  const process: Process = { clock, logger: createPinoLogger({ level: options.logLevel }), metrics: createPromMetrics({ process: true }) };
  const opened: (() => Promise<void>)[] = [];
  const close = (): Promise<void> => runAll(opened.splice(0));
  try {
    const { data: dataFolder, partitions: partitionCount, logSync, analytics } = options;
    const storage = await openStorage({ dataFolder, partitionCount, logSync, analytics, ...process });
    opened.unshift(() => storage.close());
    const platform = await startPlatform({ ...options, ...process, storage, random: Math.random });
    opened.unshift(() => platform.close());
    const observer = observePlatform({ ...process, storage, platform });
    opened.unshift(async () => observer.close());
    const tokens = createSessionTokens(randomBytes);
    const keys = await openKeyStore({ randomBytes, file: storage.keyFile });
    const gateway = createGateway({ ...gatewayDeps(options, { storage, platform, observer }), ...process, verifiers: [keys, tokens] });
    opened.unshift(() => gateway.close());
    const { url } = await gateway.start();
    return { url, storage, platform, tokens, close };
  } catch (error) {
    // What refused to open says more than what then refused to close.
    await close().catch(() => undefined);
    throw error;
  }
}

/** What every part of the process shares. */
interface Process {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: PromMetrics;
}

interface Parts {
  readonly storage: Storage;
  readonly platform: Platform;
  readonly observer: PlatformObserver;
}

function gatewayDeps(options: ServerOptions, parts: Parts): Omit<GatewayDeps, keyof Process | 'verifiers'> {
  const { storage, platform, observer } = parts;
  const { log, serdes, keyring, objects, views, analytics } = storage;
  return {
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
  };
}
