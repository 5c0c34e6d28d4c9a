import { randomBytes, randomUUID } from 'node:crypto';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import type { TopicSerdes } from '../../schemas/avro-serde.ts';
import { createMemoryRegistry } from '../../schemas/registry/memory-registry.ts';
import { sealed } from '../../schemas/sealed.ts';
import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import { createMemoryObjectStore } from '../../sinks/memory/memory-object-store.ts';
import { MemoryViews } from '../../sinks/memory/memory-views.ts';
import { quarantineScope, sealedObjects } from '../../sinks/s3/sealed-objects.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { partitionOfKey } from '../../topology/base/partition.ts';
import { createMemoryLog } from '../../topology/log/memory/memory-log.ts';
import type { Log, OutputRecord, Producer } from '../../topology/log/log.ts';
import type { Role } from '../auth/principal.ts';
import { createSessionTokens } from '../auth/session-tokens.ts';
import { createGateway } from '../gateway.ts';
import type { Gateway, GatewayDeps } from '../gateway.ts';
import { testPolicy } from './ingest-under-test.ts';

const partitionCount = 2;

export interface GatewayUnderTest {
  readonly gateway: Gateway;
  readonly deps: GatewayDeps;
  readonly log: Log;
  readonly views: MemoryViews;
  readonly objects: ObjectStore;
  readonly keyring: Keyring;
  readonly serdes: TopicSerdes;
  token(tenantId: string, role: Role, operator?: boolean): string;
  /** Appends upserts to the live topics, as the chain does; the views know nothing of it yet. Answers the offset behind them. */
  publish(rows: { readonly steps?: readonly StepUpsert[]; readonly sessions?: readonly SessionUpsert[] }): Promise<bigint>;
}

/** The whole gateway on memory twins; nothing listens before `gateway.start()`. */
export async function createGatewayUnderTest(overrides: Partial<GatewayDeps> = {}): Promise<GatewayUnderTest> {
  const clock = createSystemClock();
  const log = createMemoryLog({ clock });
  const topics = ['capture.events.v1', 'guide.steps.v1', 'guide.sessions.v1', 'usage.events.v1'];
  await log.createTopics(topics.map((name) => ({ name, partitionCount })));
  const keyring = createMemoryKeyring();
  const objects = createMemoryObjectStore();
  const serdes = await createTopicSerdes(createMemoryRegistry());
  const tokens = createSessionTokens(randomBytes);
  const partitionOf = (scope: string): number => partitionOfKey(Buffer.from(scope), partitionCount);
  const views = new MemoryViews((tenantId, sessionId) => ({ topic: 'guide.steps.v1', partition: partitionOf(`${tenantId}/${sessionId}`) }));
  const deps: GatewayDeps = {
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0-test',
    log,
    serdes: {
      capture: sealed(serdes['capture.events.v1'], keyring),
      steps: serdes['guide.steps.v1'],
      sessions: serdes['guide.sessions.v1'],
      usage: sealed(serdes['usage.events.v1'], keyring),
    },
    eventParser: createEventParser(),
    verifiers: [tokens],
    keyring,
    quarantine: sealedObjects(objects, keyring, quarantineScope),
    images: objects,
    views,
    documents: { document: async () => undefined },
    analytics: { available: false, report: async () => [] },
    operator: { topology: async () => ({}), topics: async () => [], deadLetters: async () => [], metricsText: async () => '' },
    health: { alive: () => true, notReady: () => [], warnings: () => [] },
    policyOf: () => testPolicy,
    forget: async (tenantId, sessionId) => {
      await keyring.destroy(`${tenantId}/${sessionId}`);
      return { deleted: { views: await views.forget(tenantId, sessionId) } };
    },
    newId: randomUUID,
    clock,
    logger: silentLogger,
    metrics: silentMetrics,
    ...overrides,
  };
  const gateway = createGateway(deps);
  const token: GatewayUnderTest['token'] = (tenantId, role, operator = false) => tokens.mint({ tenantId, role, operator });
  return { gateway, deps, log, views, objects, keyring, serdes, token, publish: publisher(await log.openProducer(), serdes) };
}

function publisher(producer: Producer, serdes: TopicSerdes): GatewayUnderTest['publish'] {
  const record = (topic: string, row: StepUpsert | SessionUpsert, value: Buffer): OutputRecord => {
    const key = Buffer.from(`${row.tenantId}/${row.sessionId}`);
    return { topic, partition: partitionOfKey(key, partitionCount), key, value, timestampMs: 1_760_000_000_000 };
  };
  const none = Buffer.alloc(0);
  return async ({ steps = [], sessions = [] }) => {
    const offsets = await producer.send([
      ...sessions.map((row) => record('guide.sessions.v1', row, serdes['guide.sessions.v1'].serialize(row, none))),
      ...steps.map((row) => record('guide.steps.v1', row, serdes['guide.steps.v1'].serialize(row, none))),
    ]);
    return (offsets.at(-1) ?? -1n) + 1n;
  };
}

export function sessionRow(sessionId: string, ordinal: number, more: Partial<SessionUpsert> = {}): SessionUpsert {
  return {
    tenantId: 'acme',
    sessionId,
    revision: { ordinal, timer: 0, final: false },
    status: 'recording',
    title: `Recording ${sessionId}`,
    openedAtMs: 1_760_000_000_000,
    lastEventAtMs: 1_760_000_000_000 + ordinal * 100,
    eventCount: ordinal,
    missedEvents: 0,
    duplicateEvents: 0,
    warnings: [],
    ...more,
  };
}

export function stepRow(sessionId: string, stepId: string, ordinal: number, more: Partial<StepUpsert> = {}): StepUpsert {
  return {
    tenantId: 'acme',
    sessionId,
    stepId,
    revision: { ordinal, timer: 0, final: true },
    state: 'final',
    order: Number(stepId.replace(/\D/g, '')) || ordinal,
    kind: 'click',
    title: `Click ${stepId} (${ordinal})`,
    description: '',
    target: { name: stepId, role: 'button' },
    atMs: ordinal * 100,
    redactions: [],
    ...more,
  };
}

export function guideRow(sessionId: string, more: Partial<Guide> = {}): Guide {
  return {
    schemaVersion: 1,
    guideId: `g-${sessionId}`,
    tenantId: 'acme',
    sessionId,
    revision: { ordinal: 3, timer: 0, final: true },
    title: `How to do ${sessionId}`,
    summary: 'In two steps.',
    missedEvents: 0,
    durationMs: 3_000,
    redactions: [],
    warnings: [],
    steps: [
      { order: 1, stepId: 'p1', kind: 'click', title: 'Click Save', description: '', target: { name: 'Save', role: 'button' }, atMs: 100 },
    ],
    ...more,
  };
}
