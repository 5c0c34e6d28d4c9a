/** A contestant of `main.ts` in a process of its own: `node contestant.js NAME ENDPOINT BUCKET`; answers `run` with a run, `check` with what its files hold. */
import { createHash, randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { versitygwAccess } from '../../../services/versitygw/versitygw-service.ts';
import { lakePrefix } from '../../../sinks/lake/lake-keys.ts';
import type { LakeRow } from '../../../sinks/lake/lake-row.ts';
import { LakeTarget } from '../../../sinks/lake/lake-target.ts';
import { decodeParquet } from '../../../sinks/lake/parquet-file.ts';
import type { SinkRow } from '../../../sinks/runner/sink-target.ts';
import { bucketDefaults } from '../../../sinks/s3/bucket/bucket-options.ts';
import { openBucket } from '../../../sinks/s3/bucket/open-bucket.ts';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { silentLogger } from '../../../topology/base/logger.ts';
import type { TopicDescription } from '../../../topology/log/log.ts';
import { createPlainLoop } from './plain-loop.ts';
import { captureTopic, planBatch, shape, type PartitionRecords } from './plan.ts';

export const contestants = ['sink', 'plain loop'] as const;
export type LakeContestant = (typeof contestants)[number];

export interface Run {
  readonly mibPerSecond: number;
  /** Of the contestant; the server is another process. */
  readonly cpuSeconds: number;
  readonly peakRssMib: number;
}

/** What lies in the files of the last run: how many objects, how many records, and a digest of all of them. */
export interface Held {
  readonly objectCount: number;
  readonly recordCount: number;
  readonly digest: string;
}

const batchCount = 2;
const mostAtOnce = 8;
const plainPrefix = 'plain/';

const [, , given, endpoint = '', bucket = ''] = process.argv;
const name = contestants.find((contestant) => contestant === given);
const { region, ...credentials } = versitygwAccess;

type Apply = (batch: readonly PartitionRecords[], index: number) => Promise<void>;

async function openStore() {
  return openBucket({
    ...bucketDefaults,
    bucket,
    region,
    endpoint,
    credentials,
    addressing: 'path',
    random: Math.random,
    clock: createSystemClock(),
    logger: silentLogger,
  });
}

/** Each run is a topic of its own, so that it finds nothing of the one before. */
async function openSink(): Promise<Apply> {
  const { store } = await openStore();
  const topic: TopicDescription = {
    name: captureTopic,
    id: randomUUID(),
    partitionCount: shape.partitionCount,
    cleanup: 'delete',
    retentionMs: -1,
    retentionBytes: -1,
    tombstoneRetentionMs: 0,
  };
  const target = new LakeTarget({ store, log: { describeTopics: async () => [topic] } });
  await target.positions();
  return (batch) => {
    const rows: SinkRow<LakeRow>[] = [];
    for (const { partition, records } of batch) {
      for (const record of records)
        rows.push({ topic: captureTopic, partition, offset: record.offset, row: target.decode(captureTopic, record) });
    }
    const ranges = batch.map(({ partition, records }) => {
      const fromOffset = records[0]?.offset ?? 0n;
      return { topic: captureTopic, partition, fromOffset, nextOffset: fromOffset + BigInt(records.length) };
    });
    return target.apply({ rows, ranges });
  };
}

async function openLoop(): Promise<Apply> {
  // The settings of ours: with the SDK's own it is slower.
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, cacheMiddleware: true });
  const write = createPlainLoop(client, { bucket, prefix: plainPrefix, mostAtOnce });
  return (batch, index) => write(batch, `${index}`);
}

const batches = Array.from({ length: batchCount }, (_value, index) => planBatch(index));
const mib =
  batches
    .flat()
    .flatMap(({ records }) => records)
    .reduce((sum, { value }) => sum + (value?.length ?? 0), 0) /
  (1 << 20);
const open = name === 'sink' ? openSink : openLoop;

async function timed(): Promise<Run> {
  await clear();
  const apply = await open();
  const [startedAtMs, cpu] = [performance.now(), process.cpuUsage()];
  for (const [index, batch] of batches.entries()) await apply(batch, index);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const used = process.cpuUsage(cpu);
  return {
    mibPerSecond: Math.round((mib / seconds) * 10) / 10,
    cpuSeconds: (used.user + used.system) / 1e6,
    peakRssMib: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
}

async function filesOf(): Promise<readonly string[]> {
  const { store } = await openStore();
  const keys: string[] = [];
  for await (const { key } of store.list(name === 'sink' ? lakePrefix : plainPrefix)) keys.push(key);
  return keys;
}

async function clear(): Promise<void> {
  const { store } = await openStore();
  for (const key of await filesOf()) await store.delete(key);
}

async function held(): Promise<Held> {
  const { store } = await openStore();
  const keys = await filesOf();
  const lines: string[] = [];
  for (const key of keys) {
    for (const record of await decodeParquet((await store.get(key)) ?? Buffer.alloc(0))) {
      const { tenantId, sessionId, partition, offset, timestampMs, value } = record;
      const bytes = createHash('sha256')
        .update(record.key)
        .update(value ?? '')
        .update(record.headers.ingest ?? '')
        .digest('hex');
      lines.push([tenantId, sessionId, partition, offset, timestampMs, bytes].join(' '));
    }
  }
  const digest = createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
  return { objectCount: keys.length, recordCount: lines.length, digest };
}

if (process.send !== undefined && name !== undefined) {
  process.on('message', (asked) => {
    (asked === 'check' ? held() : timed()).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
