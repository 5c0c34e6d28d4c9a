import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { KeyVerifier } from '../../gateway/auth/authenticate.ts';
import { createGateway, type GatewayDeps } from '../../gateway/gateway.ts';
import type { HealthView } from '../../gateway/read/ports.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import { createGuideDocuments } from '../../sinks/s3/guides/guide-documents.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { PromMetrics } from '../../topology/base/prom-metrics.ts';
import type { Log } from '../../topology/log/log.ts';
import { forgetSession } from './forget.ts';
import { gatewayIdIn } from './gateway-id.ts';
import type { OpenedParts } from './opened-parts.ts';
import type { PlatformObserver } from './operator-view.ts';
import { defaultPolicy } from './policy.ts';
import { quarantineOf } from './processors.ts';
import { forgettingTargets, type ForgettingTarget } from './sinks.ts';
import type { Storage } from './storage.ts';

export interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  /** Origin by which browsers reach it through a proxy. */
  readonly publicUrl?: string | undefined;
  readonly allowOrigins: readonly string[];
  readonly version: string;
  /** Other gateways may write to the same log. */
  readonly isShared: boolean;
  readonly spoolBytes: number;
}

/** What every part of a process shares. */
export interface ProcessTools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: PromMetrics;
  readonly random: () => number;
}

/** What of the process the gateway shows and uses. */
export interface GatewayParts extends ProcessTools {
  readonly observer: PlatformObserver;
  readonly health: HealthView;
  readonly verifiers: readonly KeyVerifier[];
  /** Takes chunks while the log is away. */
  readonly spool: Log | undefined;
  /** Those that run in this process; without any, forgetting goes to the places themselves. */
  readonly sinks: readonly ForgettingTarget[];
}

const pagesDirectory = fileURLToPath(new URL('../../viewer', import.meta.url));

export interface RunningGateway {
  readonly url: string;
  readonly isLogAway: () => boolean;
}

/** Listens when it resolves. @throws {PORT_TAKEN | CONFIG_INVALID | LOG_TOPIC_UNKNOWN} */
export async function startGateway(
  options: GatewayOptions,
  storage: Storage,
  parts: GatewayParts,
  opened: OpenedParts,
): Promise<RunningGateway> {
  const gateway = opened.add(createGateway(gatewayDeps(options, storage, parts)));
  const { url } = await gateway.start();
  return { url, isLogAway: () => gateway.isLogAway() };
}

function gatewayDeps(options: GatewayOptions, storage: Storage, parts: GatewayParts): GatewayDeps {
  const { log, serdes, keyring, objects, imageLinks, views, analytics } = storage;
  const { clock, logger, metrics, observer, health, verifiers } = parts;
  const forgetting = parts.sinks.length > 0 ? parts.sinks : forgettingTargets(storage);
  return {
    host: options.host,
    port: options.port,
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    allowedOrigins: options.allowOrigins,
    pagesDirectory,
    version: options.version,
    ...(parts.spool && { spool: { log: parts.spool, maxBytes: options.spoolBytes } }),
    ...(options.isShared && { gatewayId: gatewayIdIn(storage.folders.gatewayIdFile) }),
    log,
    serdes: {
      capture: serdes['capture.events.v1'],
      steps: serdes['guide.steps.v1'],
      sessions: serdes['guide.sessions.v1'],
      usage: serdes['usage.events.v1'],
    },
    eventParser: createEventParser(),
    keyring,
    quarantine: quarantineOf(storage),
    images: objects,
    ...(imageLinks && { imageLinks }),
    views,
    documents: createGuideDocuments(objects),
    analytics: analytics.reader,
    operator: observer.operator,
    health,
    verifiers,
    policyOf: () => defaultPolicy,
    forget: (tenantId, sessionId) => forgetSession(storage, forgetting, [tenantId, sessionId]),
    lagDelayMs: () => observer.lagDelayMs(),
    newId: randomUUID,
    clock,
    logger,
    metrics,
  };
}
