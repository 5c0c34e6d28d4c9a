import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import type { AnalyticsRow } from './analytics-rows.ts';
import { ChildClient } from './child/child-client.ts';
import { analyticsContract } from './contract/analytics-contract.ts';
import { sampleSerdes } from './contract/analytics-samples.ts';
import { analyticsSink, encodedSamples, openSample, type AnalyticsUnderTest } from './contract/analytics-sink.ts';
import { migrate } from './migrations.ts';
import { openAnalytics } from './open-analytics.ts';

const isInstalled = openAnalytics({ folder: 'unused' }, sampleSerdes).reader.available;
const skip = isInstalled ? false : 'the optional package chdb is not installed';

const newFolder = () => mkdtemp(join(tmpdir(), 'stepwright-analytics-'));
const remove = (folder: string) => rm(folder, { recursive: true });

async function newPlace(): Promise<AnalyticsUnderTest> {
  const folder = await newFolder();
  return {
    open: (options) => openSample({ folder }, options),
    client: () => new ChildClient(folder),
    clientCount: 1,
    end: () => remove(folder),
  };
}

if (isInstalled) {
  analyticsContract('embedded engine', newPlace);
  sinkContract<AnalyticsRow>(
    'analytics on the embedded engine',
    async () => analyticsSink(await newPlace()),
    async () => ({ values: encodedSamples }),
  );
}

describe('analytics on the embedded engine', { skip }, () => {
  it('comes back with the next call when the engine died', async () => {
    const folder = await newFolder();
    const client = new ChildClient(folder);
    await migrate(client);
    const { pid } = client;
    assert.ok(pid !== undefined);
    const dying = client.query('SELECT sleep(3)');
    process.kill(pid, 'SIGKILL');
    await assert.rejects(dying, (error) => hasCode(error, 'ANALYTICS_FAILED') && error.disposition === 'retry');
    assert.deepEqual(await client.query('SELECT 1 AS one'), [{ one: 1 }]);
    await client.close();
    await remove(folder);
  });
});
