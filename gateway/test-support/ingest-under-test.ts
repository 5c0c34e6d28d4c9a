import { randomBytes } from 'node:crypto';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createMemoryRegistry } from '../../schemas/registry/memory-registry.ts';
import { sealed } from '../../schemas/sealed.ts';
import type { CaptureChunk, CaptureEvent, Policy } from '../../schemas/types/capture-event.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import { createMemoryObjectStore } from '../../sinks/memory/memory-object-store.ts';
import { quarantineScope, sealedObjects } from '../../sinks/s3/sealed-objects.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { createMemoryLog } from '../../topology/log/memory/memory-log.ts';
import type { InputRecord, Log } from '../../topology/log/log.ts';
import { createAuthenticator } from '../auth/authenticate.ts';
import type { Role } from '../auth/principal.ts';
import { createSessionTokens } from '../auth/session-tokens.ts';
import { Dispatcher } from '../http/dispatcher.ts';
import type { Route } from '../http/route.ts';
import { ingestRoutes } from '../ingest/ingest-routes.ts';
import { IngestService } from '../ingest/ingest-service.ts';
import { defaultIngestLimits } from '../ingest/limits.ts';
import type { IngestLimits } from '../ingest/limits.ts';
import type { IngestDeps } from '../ingest/ports.ts';
import type { Answer, Call } from './call-route.ts';
import { callRoute } from './call-route.ts';
import { createManualClock } from '../../topology/testing/manual-clock.ts';
import type { ManualClock } from '../../topology/testing/manual-clock.ts';

export const testPolicy: Policy = {
  policyId: 'default',
  version: 1,
  redact: ['email'],
  mode: 'mask',
  idleAfterMs: 1_800_000,
  maxEvents: 20_000,
  modelTitles: false,
};

export interface IngestUnderTest {
  readonly clock: ManualClock;
  readonly log: Log;
  readonly deps: IngestDeps;
  readonly service: IngestService;
  readonly routes: readonly Route[];
  readonly dispatcher: Dispatcher;
  readonly objects: ObjectStore;
  token(tenantId: string, role: Role): string;
  call(call: Call): Promise<Answer>;
  /** Every chunk in the log, opened, by partition and offset. */
  chunks(): Promise<readonly CaptureChunk[]>;
  /** Every event in the log but `session.opened`. */
  events(): Promise<readonly CaptureEvent[]>;
  /** Every record of the capture topic as it stands there. */
  records(): Promise<readonly InputRecord[]>;
  /** The process dies without a word and starts anew on the same log, objects and keys. */
  restart(): Promise<IngestUnderTest>;
  /** Another gateway on the same log, objects and keys. */
  beside(gatewayId: string, deps?: Partial<IngestDeps>): Promise<IngestUnderTest>;
}

export interface IngestOptions {
  readonly limits?: Partial<IngestLimits>;
  readonly deps?: Partial<IngestDeps>;
  readonly wrapLog?: (log: Log) => Log;
  /** Another log than a new one in memory. */
  readonly log?: Log;
  readonly keyring?: Keyring;
}

/** Ingest with all its routes on the memory log, no port opened. */
export async function createIngestUnderTest(options: IngestOptions = {}): Promise<IngestUnderTest> {
  const clock = createManualClock(1_760_000_000_000);
  const log = options.log ?? createMemoryLog({ clock });
  await log.createTopics([{ name: 'capture.events.v1', partitionCount: 4 }]);
  const keyring = options.keyring ?? createMemoryKeyring();
  const objects = createMemoryObjectStore();
  const serdes = await createTopicSerdes(createMemoryRegistry());
  let sessionCount = 0;
  const deps: IngestDeps = {
    log: options.wrapLog?.(log) ?? log,
    captureTopic: 'capture.events.v1',
    stateTopic: 'ingest.sessions.v1',
    chunkSerde: sealed(serdes['capture.events.v1'], keyring),
    quarantine: sealedObjects(objects, keyring, quarantineScope),
    keyring,
    eventParser: createEventParser(),
    policyOf: () => testPolicy,
    wasUsed: async () => false,
    lagDelayMs: () => 0,
    newSessionId: () => `made-${(sessionCount += 1)}`,
    clock,
    logger: silentLogger,
    metrics: silentMetrics,
    limits: { ...defaultIngestLimits, ...options.limits },
    ...options.deps,
  };
  return assemble({ deps, clock, log, objects });
}

async function assemble(parts: Pick<IngestUnderTest, 'deps' | 'clock' | 'log' | 'objects'>): Promise<IngestUnderTest> {
  const { deps, log } = parts;
  const service = new IngestService(deps);
  await service.start();
  const tokens = createSessionTokens(randomBytes);
  let requestCount = 0;
  const dispatcher = new Dispatcher({
    authenticator: createAuthenticator([tokens], 'stepwright'),
    origins: { hosts: ['127.0.0.1'], allowedOrigins: ['https://page.example'] },
    newRequestId: () => `request-${(requestCount += 1)}`,
    logger: deps.logger,
    metrics: deps.metrics,
  });
  const routes = ingestRoutes(service, deps);
  const records = (): Promise<readonly InputRecord[]> => readAll(log, deps.captureTopic);
  const chunks = async (): Promise<readonly CaptureChunk[]> =>
    (await records()).map(({ value, key }) => deps.chunkSerde.deserialize(value ?? Buffer.alloc(0), key ?? Buffer.alloc(0)));
  return {
    ...parts,
    service,
    routes,
    dispatcher,
    token: (tenantId, role) => tokens.mint({ tenantId, role, operator: false }),
    call: (call) => callRoute(routes, dispatcher, call),
    records,
    chunks,
    events: async () => (await chunks()).flatMap((chunk) => chunk.events).filter(({ kind }) => kind !== 'session.opened'),
    restart: () => assemble(parts),
    beside: (gatewayId, own = {}) => assemble({ ...parts, deps: { ...deps, ...own, gatewayId } }),
  };
}

async function readAll(log: Log, topic: string): Promise<readonly InputRecord[]> {
  const [description] = await log.describeTopics([topic]);
  const partitions = Array.from({ length: description?.partitionCount ?? 0 }, (_, partition) => ({ topic, partition }));
  const ranges = await log.offsets(partitions, 'read_committed');
  const reader = await log.openReader({
    from: ranges.map(({ partition, startOffset }) => ({ topic, partition, nextOffset: startOffset })),
  });
  const records: InputRecord[] = [];
  while (ranges.some((range) => reader.position(range) < range.nextOffset)) {
    for (const batch of await reader.poll({ maxWaitMs: 0 })) records.push(...batch.records);
  }
  await reader.close();
  return records;
}
