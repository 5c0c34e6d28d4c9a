import type { Keyring } from '../processors/ports/keyring.ts';
import type { ObjectStore } from '../processors/ports/object-store.ts';
import type { Serde } from '../schemas/serde.ts';
import type { CaptureChunk, Policy } from '../schemas/types/capture-event.ts';
import type { SessionUpsert, StepUpsert } from '../schemas/types/guide.ts';
import type { UsageEvent } from '../schemas/types/usage.ts';
import type { EventParser } from '../schemas/validate-event.ts';
import type { AnalyticsReader } from '../sinks/ports/analytics.ts';
import type { GuideDocuments } from '../sinks/ports/documents.ts';
import type { ImageLinks } from '../sinks/ports/image-links.ts';
import type { ViewReader } from '../sinks/ports/views.ts';
import { runAll } from '../topology/base/run-all.ts';
import type { Clock } from '../topology/base/clock.ts';
import type { Logger } from '../topology/base/logger.ts';
import type { Metrics } from '../topology/base/metrics.ts';
import type { Log } from '../topology/log/log.ts';
import type { KeyVerifier } from './auth/authenticate.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { Dispatcher } from './http/dispatcher.ts';
import { createHttpServer } from './http/http-server.ts';
import type { HttpServer } from './http/http-server.ts';
import { Refusal } from './http/refusal.ts';
import { withOpenApi } from './http/openapi-route.ts';
import type { OriginPolicy } from './http/origin.ts';
import { createPages } from './http/pages.ts';
import type { Route } from './http/route.ts';
import { ingestRoutes } from './ingest/ingest-routes.ts';
import { createIngest } from './ingest/create-ingest.ts';
import type { IngestService } from './ingest/ingest-service.ts';
import { defaultIngestLimits } from './ingest/limits.ts';
import type { IngestLimits } from './ingest/limits.ts';
import type { SpoolPort } from './ingest/ports.ts';
import { createWsLiveServer } from './live/adapters/ws-live-server.ts';
import { createLive } from './live/live.ts';
import type { Live } from './live/live.ts';
import type { LiveLimits } from './live/live-endpoint.ts';
import type { CreateLiveServer } from './live/live-server.ts';
import type { RingLimits } from './live/partition-ring.ts';
import type { ForgetReport, HealthView, OperatorView } from './read/ports.ts';
import { readRoutes } from './read/read-routes.ts';
import { UsageWriter } from './read/usage-writer.ts';

/** Topics exist before the gateway starts, except `ingestState`, which is its own. */
export interface GatewayTopics {
  readonly capture: string;
  readonly steps: string;
  readonly sessions: string;
  readonly usage: string;
  readonly ingestState: string;
}

export const defaultTopics: GatewayTopics = {
  capture: 'capture.events.v1',
  steps: 'guide.steps.v1',
  sessions: 'guide.sessions.v1',
  usage: 'usage.events.v1',
  ingestState: 'ingest.sessions.v1',
};

export interface GatewaySerdes {
  /** Sealed under the session's key. */
  readonly capture: Serde<CaptureChunk>;
  readonly steps: Serde<StepUpsert>;
  readonly sessions: Serde<SessionUpsert>;
  readonly usage: Serde<UsageEvent>;
}

export interface GatewayDeps {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Origin by which browsers reach it through a proxy: its host is one of ours, and with https the cookie is Secure. */
  readonly publicUrl?: string;
  /** Further names by which clients reach it; `*` when a proxy in front checks the Host header. Loopback names are always there. */
  readonly hostNames?: readonly string[];
  /** Origins of pages and extensions that may record from a browser. */
  readonly allowedOrigins?: readonly string[];
  /** Folder of the viewer's files; without it there are no pages. */
  readonly pagesDirectory?: string;
  readonly version: string;
  readonly log: Log;
  /** Name of this gateway, when others may write to the same log; see `IngestDeps.gatewayId`. */
  readonly gatewayId?: string;
  /** Takes chunks while the log is away. */
  readonly spool?: SpoolPort;
  readonly topics?: GatewayTopics;
  readonly serdes: GatewaySerdes;
  readonly eventParser: EventParser;
  /** Key store, session tokens: asked in this order. */
  readonly verifiers: readonly KeyVerifier[];
  readonly keyring: Keyring;
  /** Sealed originals (`sealedObjects`). */
  readonly quarantine: ObjectStore;
  /** Redacted derivatives. */
  readonly images: ObjectStore;
  /** Sends browsers to the pictures instead of the bytes through here. */
  readonly imageLinks?: ImageLinks;
  readonly views: ViewReader;
  readonly documents: GuideDocuments;
  readonly analytics: AnalyticsReader;
  readonly operator: OperatorView;
  readonly health: HealthView;
  readonly policyOf: (tenantId: string) => Policy;
  /** Deletes a session everywhere, its key first. */
  readonly forget: (tenantId: string, sessionId: string) => Promise<ForgetReport>;
  /** Milliseconds that agents should wait between batches because processing lags. */
  readonly lagDelayMs?: () => number;
  /** Changes when a replay's edition is promoted: watchers of before then reload. */
  readonly edition?: () => string;
  readonly createLiveServer?: CreateLiveServer;
  readonly ingestLimits?: Partial<IngestLimits>;
  readonly liveLimits?: Partial<LiveLimits>;
  /** How much of the live topics' tail is kept in memory, a partition. */
  readonly liveRingLimits?: RingLimits;
  /** Unique text, unguessable: `randomUUID`. */
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Gateway {
  /**
   * Restores ingest, begins to tail, then listens.
   * @throws {PORT_TAKEN} naming the port and the flag that changes it; {LOG_TOPIC_UNKNOWN} when a topic is missing.
   */
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** All of `start` but listening, for callers that bring requests in another way. May be called before `start`. */
  prepare(): Promise<void>;
  /** Takes no more, lets what is under way finish, writes what waits. May be called again. */
  close(): Promise<void>;
  /** Tells ingest and watchers that a session was deleted by somebody else of this process (`stepwright forget`). */
  forgotten(tenantId: string, sessionId: string): void;
  /** Chunks go to the spool: the log does not answer. */
  isLogAway(): boolean;
  readonly routes: readonly Route[];
}

interface Parts {
  readonly ingest: IngestService;
  readonly usage: UsageWriter;
  readonly live: Live;
  readonly http: HttpServer;
  readonly routes: readonly Route[];
}

/** Ingest, read and live behind one port. Owns nothing of what it is handed: the caller closes log, views and stores after it. */
export function createGateway(deps: GatewayDeps): Gateway {
  const parts = assemble(deps);
  let closing: Promise<void> | undefined;
  let preparing: Promise<void> | undefined;
  const prepared = (): Promise<void> => (preparing ??= prepare(parts));
  return {
    routes: parts.routes,
    isLogAway: () => parts.ingest.isSpooling,
    forgotten: (tenantId, sessionId) => forgotten(parts, tenantId, sessionId),
    prepare: prepared,
    async start() {
      await prepared();
      return parts.http.listen(deps.host, deps.port);
    },
    close: () => (closing ??= close(parts)),
  };
}

async function prepare({ ingest, usage, live }: Parts): Promise<void> {
  await ingest.start();
  await usage.start();
  await live.start();
}

/** Watchers first, or the HTTP server would wait for their sockets; ingest last, when no request can append any more. */
function close({ live, http, ingest, usage }: Parts): Promise<void> {
  return runAll([live, http, ingest, usage].map((part) => () => part.close()));
}

function forgotten({ ingest, live }: Pick<Parts, 'ingest' | 'live'>, tenantId: string, sessionId: string): void {
  ingest.forget({ tenantId, sessionId });
  live.gone(`${tenantId}/${sessionId}`);
}

function assemble(deps: GatewayDeps): Parts {
  const { clock, logger, metrics, log, newId, views, keyring } = deps;
  const topics = deps.topics ?? defaultTopics;
  const origins = originPolicy(deps);
  const authenticator = createAuthenticator(deps.verifiers, `stepwright_${deps.port}`, deps.publicUrl?.startsWith('https:'));
  const usage = new UsageWriter({ log, topic: topics.usage, serde: deps.serdes.usage, newEventId: newId, clock, logger, metrics });
  const ingest = ingestOf(deps, topics);
  const dispatcher = new Dispatcher({ authenticator, origins, newRequestId: newId, logger, metrics });
  const openSession = (
    tenantId: string,
    sessionId: string,
  ): { openedAtMs: number; status: 'recording' | 'paused' | 'finished' } | undefined => {
    const state = ingest.find({ tenantId, sessionId });
    return state instanceof Refusal ? undefined : { openedAtMs: state.openedAtMs, status: state.status };
  };
  const late: { live?: Live } = {};
  const routes = withOpenApi(
    [
      ...ingestRoutes(ingest, { clock, metrics, limits: ingestLimits(deps), eventParser: deps.eventParser }),
      ...readRoutes({
        ...deps,
        usage,
        openSession,
        forgotten: (tenantId, sessionId) => late.live && forgotten({ ingest, live: late.live }, tenantId, sessionId),
      }),
    ],
    deps.version,
  );
  const pages =
    deps.pagesDirectory === undefined
      ? {}
      : { pages: createPages({ directory: deps.pagesDirectory, authenticator, imageOrigin: deps.imageLinks?.origin }) };
  const http = createHttpServer({ routes, dispatcher, origins, ...pages });
  const live = createLive({
    log,
    topics,
    serdes: deps.serdes,
    views,
    keyring,
    authenticator,
    origins,
    usage,
    clock,
    logger,
    metrics,
    isOpen: (tenantId, sessionId) => openSession(tenantId, sessionId) !== undefined,
    edition: deps.edition ?? (() => '0'),
    server: http.server,
    createLiveServer: deps.createLiveServer ?? createWsLiveServer,
    limits: deps.liveLimits ?? {},
    ...(deps.liveRingLimits === undefined ? {} : { ringLimits: deps.liveRingLimits }),
  });
  late.live = live;
  return { ingest, usage, live, http, routes };
}

function ingestOf(deps: GatewayDeps, topics: GatewayTopics): IngestService {
  return createIngest({
    log: deps.log,
    ...(deps.gatewayId !== undefined && { gatewayId: deps.gatewayId }),
    ...(deps.spool !== undefined && { spool: deps.spool }),
    captureTopic: topics.capture,
    stateTopic: topics.ingestState,
    chunkSerde: deps.serdes.capture,
    quarantine: deps.quarantine,
    keyring: deps.keyring,
    eventParser: deps.eventParser,
    policyOf: deps.policyOf,
    views: deps.views,
    lagDelayMs: deps.lagDelayMs ?? (() => 0),
    newId: deps.newId,
    clock: deps.clock,
    logger: deps.logger,
    metrics: deps.metrics,
    limits: ingestLimits(deps),
  });
}

function ingestLimits(deps: GatewayDeps): IngestLimits {
  return { ...defaultIngestLimits, ...deps.ingestLimits };
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

function originPolicy({ host, publicUrl, hostNames = [], allowedOrigins = [] }: GatewayDeps): OriginPolicy {
  const publicNames = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
  return { hosts: hostNames.includes('*') ? [] : [...loopbackNames, host.toLowerCase(), ...publicNames, ...hostNames], allowedOrigins };
}
