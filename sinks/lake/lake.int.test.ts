import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { ChildClient } from '../clickhouse/child/child-client.ts';
import { sampleSerdes } from '../clickhouse/contract/analytics-samples.ts';
import { openAnalytics } from '../clickhouse/open-analytics.ts';
import { openBucket } from '../s3/bucket/open-bucket.ts';
import { openFolderObjectStore } from '../s3/folder/folder-object-store.ts';
import { versitygwAccess } from '../../services/versitygw/versitygw-service.ts';
import { findTestS3, newBucket } from '../test-support/test-bucket.ts';
import { createLakeBench } from './test-support/lake-bench.ts';
import { encodeVersion1 } from './test-support/version-1.ts';

const isInstalled = openAnalytics({ folder: 'unused' }, sampleSerdes).reader.available;
const skip = isInstalled ? false : 'the optional package chdb is not installed';
const found = await findTestS3(process.env['STEPWRIGHT_TEST_S3']);

const folder = await mkdtemp(join(tmpdir(), 'stepwright-lake-'));
const client = new ChildClient(join(folder, 'engine'));
after(async () => {
  await client.close();
  await rm(folder, { recursive: true, force: true });
});

const noon = Date.UTC(2026, 10, 22, 12);
const dayMs = 86_400_000;
const count = 3_000;

const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const headers = [
  ['stepwright-ingest', Buffer.from([1, ...Array.from({ length: 40 }, (_value, index) => 200 + index)])],
  ['traceparent', Buffer.from(trace)],
  ['of-another-program', Buffer.from('words')],
] as const;

/** Records of three tenants on two days; every byte comes in their values. */
const sent = Array.from({ length: count }, (_value, index) => ({
  partition: index % 2,
  key: Buffer.from(`${['acme', 'globex', 'Initech & Sons'][index % 3]}/s${index % 7}`),
  value: index === 9 ? null : Buffer.from(Array.from({ length: 40 }, (_byte, at) => (index * 7 + at * 31) % 256)),
  timestampMs: noon + (index % 5 === 0 ? dayMs : 0),
  headers,
}));

async function fill(store: ObjectStore): Promise<void> {
  const bench = await createLakeBench();
  await bench.send(sent);
  await bench.drain(store, { batchRows: 700 });
  await bench.log.close();
}

/** What ClickHouse finds must be what was sent, folders as columns included. */
async function compare(files: string): Promise<void> {
  const hive = 'SETTINGS use_hive_partitioning = 1';
  const totals = await client.query(
    `SELECT tenant_id, toString(day) AS on_day, toUInt32(count()) AS row_count, toUInt32(uniqExact(partition, offset)) AS record_count
     FROM ${files} GROUP BY tenant_id, on_day ORDER BY tenant_id, on_day ${hive}`,
  );
  const wanted = ['Initech & Sons', 'acme', 'globex'].flatMap((tenant) =>
    ['2026-11-22', '2026-11-23'].map((day) => {
      const all = sent.filter(
        ({ key, timestampMs }) => key.toString().startsWith(`${tenant}/`) && new Date(timestampMs).toISOString().startsWith(day),
      );
      return { tenant_id: tenant, on_day: day, row_count: all.length, record_count: all.length };
    }),
  );
  assert.deepEqual(totals, wanted);
  const [ofTenant] = await client.query(`SELECT toUInt32(count()) AS row_count FROM ${files} WHERE tenant = 'acme' ${hive}`);
  assert.deepEqual(ofTenant, { row_count: sent.filter(({ key }) => key.toString().startsWith('acme/')).length });
  const rows = await client.query(
    `SELECT partition, toString(offset) AS at, toString(key) AS record_key, hex(value) AS bytes, toUnixTimestamp64Milli(timestamp) AS at_ms
     FROM ${files} ORDER BY partition, offset ${hive}`,
  );
  const ordered = [0, 1].flatMap((partition) =>
    sent.filter((record) => record.partition === partition).map((record, index) => ({ record, index })),
  );
  assert.equal(rows.length, count);
  for (const [at, { record, index }] of ordered.entries()) {
    const row = rows[at];
    assert.deepEqual(
      [row?.['partition'], row?.['at'], row?.['record_key'], row?.['bytes'] ?? null, Number(row?.['at_ms'])],
      [record.partition, String(index), record.key.toString(), record.value?.toString('hex').toUpperCase() ?? null, record.timestampMs],
    );
  }
}

/** Files of two versions among each other: a column that the older ones have not is null there, once ClickHouse knows it. */
async function compareVersions(files: string, folderOfFiles: string): Promise<void> {
  const older = sent.slice(0, 3).map((record) => ({ ...record, key: Buffer.from('acme/old'), partition: 0 }));
  // First by name, so that a query that looks at one file for all of them looks at this.
  await writeFile(join(folderOfFiles, 'a-file-of-version-1.parquet'), await encodeVersion1(older, 0, [0n, 1n, 2n]));
  const settings = `SETTINGS schema_inference_mode = 'union'`;
  const rows = await client.query(
    `SELECT session_id = 'old' AS is_old, toUInt32(count()) AS row_count, toUInt32(countIf(ingest IS NOT NULL)) AS with_ingest,
       toUInt32(countIf(trace_parent = '${trace}')) AS with_trace, toUInt32(sum(other_headers)) AS others
     FROM ${files} GROUP BY is_old ORDER BY is_old ${settings}`,
  );
  const ofFolder = sent.filter(({ key, timestampMs }) => key.toString().startsWith('acme/') && timestampMs === noon).length;
  assert.deepEqual(rows, [
    { is_old: 0, row_count: ofFolder, with_ingest: ofFolder, with_trace: ofFolder, others: ofFolder },
    { is_old: 1, row_count: 3, with_ingest: 0, with_trace: 0, others: 0 },
  ]);
  const [common] = await client.query(`SELECT toUInt32(count()) AS row_count, toUInt32(uniqExact(session_id)) AS sessions FROM ${files}`);
  assert.deepEqual(common, { row_count: ofFolder + 3, sessions: 8 });
}

describe('the lake, read back by ClickHouse', { skip }, () => {
  it('from a folder', async () => {
    const objects = join(folder, 'objects');
    await fill(await openFolderObjectStore({ folder: objects, clock: createSystemClock() }));
    await compare(`file('${objects}/objects/lake/events/*/*/*.parquet', Parquet)`);
    const files = `file('${objects}/objects/lake/events/tenant=acme/day=2026-11-22/*.parquet', Parquet)`;
    assert.deepEqual(await client.query(`SELECT DISTINCT tenant_id FROM ${files}`), [{ tenant_id: 'acme' }]);
    await compareVersions(files, `${objects}/objects/lake/events/tenant=acme/day=2026-11-22`);
  });

  it('from a bucket', { skip: 'skipReason' in found ? found.skipReason : false }, async () => {
    assert.ok('address' in found);
    const options = await newBucket(found.address);
    const { store, close } = await openBucket(options);
    await fill(store);
    const { accessKeyId, secretAccessKey } = versitygwAccess;
    await compare(`s3('${found.address}/${options.bucket}/lake/events/*/*/*.parquet', '${accessKeyId}', '${secretAccessKey}', 'Parquet')`);
    await close();
  });
});
