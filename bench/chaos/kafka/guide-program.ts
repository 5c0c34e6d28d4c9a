import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startRoleProcess, type RoleProcessOptions } from '../../../cli/platform/role-process.ts';
import { quarantineOf } from '../../../cli/platform/processors.ts';
import { defaultPolicy } from '../../../cli/platform/policy.ts';
import type { Storage } from '../../../cli/platform/storage.ts';
import { ingestStateTopic } from '../../../cli/platform/topics.ts';
import { localTenant } from '../../../cli/guide/embedded-run.ts';
import { feedRecording } from '../../../cli/guide/feed.ts';
import { readRecordingFile, type RecordingFile } from '../../../cli/guide/recording-file.ts';
import { createIngest } from '../../../gateway/ingest/create-ingest.ts';
import type { IngestService } from '../../../gateway/ingest/ingest-service.ts';
import { defaultIngestLimits } from '../../../gateway/ingest/limits.ts';
import { toGuideDocument } from '../../../schemas/guide-document.ts';
import { createEventParser } from '../../../schemas/validate-event.ts';
import { createGuideDocuments } from '../../../sinks/s3/guides/guide-documents.ts';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { silentLogger } from '../../../topology/base/logger.ts';
import { silentMetrics } from '../../../topology/base/metrics.ts';
import { changelogTopics } from '../../../cli/platform/changelog-topics.ts';
import { differences, outcomeOf, type Outcome } from '../outcome.ts';
import { packageRoot } from '../recordings.ts';
import type { ChaosProgram } from './chaos-program.ts';
import { readRunEvent } from './run-events.ts';

export interface GuideProgramOptions {
  readonly brokers: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly partitionCount: number;
  /** Recordings to feed. */
  readonly files: readonly string[];
  /** What the undisturbed run on the embedded log made of them, and the keys it had: names of pictures are made with a key of the session. */
  readonly expected: Outcome;
  readonly keysFolder: string;
  /** Shared by all processes. */
  readonly dataFolder: string;
}

const command = join(packageRoot, 'cli', 'stepwright.mjs');
const outputTopics = ['guide.steps.v1', 'guide.sessions.v1', 'guide.finished.v1'];
const lookEveryMs = 100;
const feedRetryMs = 500;

/**
 * The whole guide topology: members are `stepwright run --roles processors`; ingest and sinks run in this process, so that what is fed and what comes out are
 * at hand.
 */
export async function createGuideProgram(options: GuideProgramOptions): Promise<ChaosProgram> {
  const { brokers, sessionTimeoutMs, dataFolder, expected } = options;
  cpSync(options.keysFolder, join(dataFolder, 'keys'), { recursive: true });
  const process = await startRoleProcess(sinksOptions(options));
  const { readSide, storage: shared } = process;
  if (readSide === undefined) throw new Error('a process of sinks has views');
  const storage = { ...shared, ...readSide };
  const ingest = createBenchIngest(storage);
  await ingest.start();
  const files = options.files.map(readFile);
  const feeder = createFeeder(ingest, files);
  return {
    prepare: async () => {},
    feedTo: (share) => feeder(Math.ceil(files.length * share)),
    progress: () => endOf(storage, outputTopics),
    memberCommand: ({ directory }) => [
      ...[command, 'run', '--roles', 'processors', '--log', 'kafka', '--brokers', brokers.join(','), '--data', dataFolder],
      ...['--state', directory, '--session-timeout-ms', String(sessionTimeoutMs), '--admin-port', '0', '--log-level', 'error'],
    ],
    readEvent: readRunEvent,
    done: (stillMs) => awaitGuides(storage, files, stillMs),
    check: async () => [
      ...differences({ ...expected, files: new Map() }, await outcomeOf(storage, await documentsOf(storage, files), new Map())),
      ...(await openTransactions(storage)),
    ],
    close: async () => {
      await ingest.close();
      await process.close();
    },
  };
}

function sinksOptions({ brokers, sessionTimeoutMs, dataFolder, partitionCount }: GuideProgramOptions): RoleProcessOptions {
  const credentials = { tls: false, tlsCa: undefined, mechanism: 'plain', user: undefined, password: undefined } as const;
  return {
    roles: ['sinks'],
    adapters: {
      log: 'kafka',
      kafka: { brokers, replicationFactor: undefined, sessionTimeoutMs, ...credentials },
      logSync: 'never',
      views: 'embedded',
      objects: 'folder',
      analytics: 'off',
    },
    data: dataFolder,
    state: join(dataFolder, 'sinks-state'),
    gateway: { host: '127.0.0.1', port: 0, allowOrigins: [], version: 'chaos', isShared: true, spoolBytes: 0 },
    partitions: partitionCount,
    commitIntervalMs: 100,
    stateBudgetBytes: 64 << 20,
    logLevel: 'silent',
  };
}

function createBenchIngest(storage: Storage): IngestService {
  return createIngest({
    log: storage.log,
    captureTopic: 'capture.events.v1',
    stateTopic: ingestStateTopic,
    chunkSerde: storage.serdes['capture.events.v1'],
    quarantine: quarantineOf(storage),
    keyring: storage.keyring,
    eventParser: createEventParser(),
    policyOf: () => defaultPolicy,
    views: storage.views,
    lagDelayMs: () => 0,
    newId: () => 'unused',
    clock: createSystemClock(),
    logger: silentLogger,
    metrics: silentMetrics,
    limits: defaultIngestLimits,
  });
}

function readFile(path: string): RecordingFile {
  const read = readRecordingFile(path, undefined);
  if (!read.ok) throw new Error(`${path}: ${read.problem}`);
  return read.file;
}

/** Feeds the first so many files, one after the other; a file that a dead broker refused goes on where it was. */
function createFeeder(ingest: IngestService, files: readonly RecordingFile[]): (count: number) => Promise<boolean> {
  const parser = createEventParser();
  let fedCount = 0;
  let feeding: Promise<unknown> = Promise.resolve();
  const feed = async (count: number): Promise<boolean> => {
    const isNew = count > fedCount;
    for (; fedCount < count; fedCount += 1) {
      const file = files[fedCount];
      if (file !== undefined) await feedStubbornly(() => feedRecording(ingest, parser, localTenant, file));
    }
    return isNew;
  };
  return (count) => {
    const fed = feeding.then(() => feed(count));
    feeding = fed;
    return fed;
  };
}

const mostTries = 200;

async function feedStubbornly(feed: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await feed();
    } catch (error) {
      if (tries >= mostTries) throw error;
      await delay(feedRetryMs);
    }
  }
}

async function awaitGuides({ views, objects }: Storage, files: readonly RecordingFile[], stillMs: number): Promise<void> {
  const published = createGuideDocuments(objects);
  for (const { sessionId, path } of files) {
    const endsAtMs = performance.now() + stillMs;
    const isPublished = async (): Promise<boolean> => {
      if ((await views.guide(localTenant, sessionId)) === undefined) return false;
      return (await published.document(localTenant, sessionId, 'json')) !== undefined;
    };
    while (!(await isPublished())) {
      if (performance.now() > endsAtMs) throw new Error(`no guide of ${path} ${Math.round(stillMs)} ms after those before it`);
      await delay(lookEveryMs);
    }
  }
}

async function documentsOf({ views }: Storage, files: readonly RecordingFile[]): Promise<readonly string[]> {
  const documents: string[] = [];
  for (const { sessionId } of files) {
    const guide = await views.guide(localTenant, sessionId);
    documents.push(guide === undefined || guide === 'gone' ? '' : JSON.stringify(toGuideDocument(guide)));
  }
  return documents;
}

async function openTransactions({ log, partitionCount }: Storage): Promise<readonly string[]> {
  const topics = [...outputTopics, ...(await changelogTopics())];
  const partitions = topics.flatMap((topic) => Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })));
  const stable = await log.offsets(partitions, 'read_committed');
  const ends = await log.offsets(partitions, 'read_uncommitted');
  return partitions.flatMap(({ topic, partition }, at) =>
    stable[at]?.nextOffset === ends[at]?.nextOffset ? [] : [`${topic}-${partition}: a transaction is open`],
  );
}

async function endOf({ log, partitionCount }: Storage, topics: readonly string[]): Promise<number> {
  const partitions = topics.flatMap((topic) => Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })));
  const ranges = await log.offsets(partitions, 'read_committed');
  return ranges.reduce((sum, { nextOffset }) => sum + Number(nextOffset), 0);
}
