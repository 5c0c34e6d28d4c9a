import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
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

/** Records of three tenants on two days; every byte comes in their values. */
const sent = Array.from({ length: count }, (_value, index) => ({
  partition: index % 2,
  key: Buffer.from(`${['acme', 'globex', 'Initech & Sons'][index % 3]}/s${index % 7}`),
  value: index === 9 ? null : Buffer.from(Array.from({ length: 40 }, (_byte, at) => (index * 7 + at * 31) % 256)),
  timestampMs: noon + (index % 5 === 0 ? dayMs : 0),
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

describe('the lake, read back by ClickHouse', { skip }, () => {
  it('from a folder', async () => {
    const objects = join(folder, 'objects');
    await fill(await openFolderObjectStore({ folder: objects, clock: createSystemClock() }));
    await compare(`file('${objects}/objects/lake/events/*/*/*.parquet', Parquet)`);
    const files = `file('${objects}/objects/lake/events/tenant=acme/day=2026-11-22/*.parquet', Parquet)`;
    assert.deepEqual(await client.query(`SELECT DISTINCT tenant_id FROM ${files}`), [{ tenant_id: 'acme' }]);
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
