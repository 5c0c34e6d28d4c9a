import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { createRocksBackendFactory } from '../rocksdb/rocksdb-backend.ts';
import { contractStores } from '../testing/state-harness.ts';
import { StateDirectory } from './state-directory.ts';

const root = mkdtempSync(join(tmpdir(), 'stepwright-directory-'));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

const { counts } = contractStores;
const stores = [counts];
const position = { changelogs: new Map([['counts', { nextOffset: 1n, topicId: 't' }]]), metadata: '' };

function openDirectory(directory = join(root, String(count++)), metrics: Metrics = silentMetrics): StateDirectory {
  return new StateDirectory({ directory, application: 'app', backend: createRocksBackendFactory(), clock: createSystemClock(), metrics });
}

async function writeTask(directory: StateDirectory, taskId: string): Promise<void> {
  const state = await directory.openTask({ taskId, stores });
  for (let key = 0; key < 500; key++) state.store(counts).put(`key-${key}`, key);
  state.takeChangelog();
  state.fold();
  await state.flush(position);
  await state.close();
}

test('tasks live in <directory>/<application>/<taskId>, and one process has an application', async () => {
  const directory = join(root, String(count++));
  const first = openDirectory(directory);
  await writeTask(first, '0_1');
  assert.deepEqual(readdirSync(join(directory, 'app')).sort(), ['0_1', 'LOCK']);
  assert.deepEqual(first.listTasks(), ['0_1']);
  assert.throws(
    () => openDirectory(directory),
    (error) => hasCode(error, 'STATE_LOCKED'),
  );
  first.close();
  openDirectory(directory).close();
});

test('a task is open once in a process, and free again after close', async () => {
  const directory = openDirectory();
  const state = await directory.openTask({ taskId: '0_0', stores });
  await assert.rejects(
    directory.openTask({ taskId: '0_0', stores }),
    (error) => hasCode(error, 'STATE_LOCKED') && error.disposition === 'retry',
  );
  await assert.rejects(directory.destroyTask('0_0', 'requested'), (error) => hasCode(error, 'STATE_LOCKED'));
  await state.close();
  await (await directory.openTask({ taskId: '0_0', stores })).close();
  directory.close();
});

test('names that would leave the folder are refused', () => {
  assert.throws(
    () => openDirectory().taskDirectory('../x'),
    (error) => hasCode(error, 'TOPOLOGY_INVALID'),
  );
  const options = { directory: root, backend: createRocksBackendFactory(), clock: createSystemClock() };
  for (const application of ['..', 'a/b', '']) {
    assert.throws(
      () => new StateDirectory({ ...options, application }),
      (error) => hasCode(error, 'CONFIG_INVALID'),
    );
  }
  writeFileSync(join(root, 'file'), '');
  assert.throws(
    () => openDirectory(join(root, 'file')),
    (error) => hasCode(error, 'CONFIG_INVALID') && error.message.includes('ENOTDIR'),
  );
});

test('K5 a damaged file is STATE_CORRUPT; the wipe has a counted reason and the next open is empty', async () => {
  const wipes: string[] = [];
  const metrics: Metrics = {
    ...silentMetrics,
    counter: (name) => ({ add: (_amount, labels) => name === 'state_wipes_total' && wipes.push(labels?.['reason'] ?? '') }),
  };
  const directory = openDirectory(undefined, metrics);
  await writeTask(directory, '0_0');
  const path = directory.taskDirectory('0_0');
  const manifest = readdirSync(path).find((name) => name.startsWith('MANIFEST'));
  assert.ok(manifest !== undefined);
  truncateSync(join(path, manifest), 20);
  await assert.rejects(
    directory.openTask({ taskId: '0_0', stores }),
    (error) => hasCode(error, 'STATE_CORRUPT') && error.disposition === 'rebuild-task',
  );
  assert.deepEqual(wipes, [], 'nothing is wiped by itself');
  await directory.destroyTask('0_0', 'checksum-failed');
  const state = await directory.openTask({ taskId: '0_0', stores });
  assert.equal(state.position().changelogs.size, 0);
  assert.equal(state.store(counts).get('key-1'), undefined);
  await state.close();
  assert.deepEqual(wipes, ['checksum-failed']);
  directory.close();
});

test('K5 a flipped byte in a data file is STATE_CORRUPT at the read that meets it', async () => {
  const directory = openDirectory();
  await writeTask(directory, '0_0');
  // Opening replays the write-ahead log into a table file.
  await (await directory.openTask({ taskId: '0_0', stores })).close();
  const table = newest(directory.taskDirectory('0_0'), '.sst');
  const bytes = readFileSync(table);
  bytes.fill(0xa5, 100, 200);
  writeFileSync(table, bytes);
  const isCorrupt = (error: unknown): boolean => hasCode(error, 'STATE_CORRUPT') && error.disposition === 'rebuild-task';
  await assert.rejects(async () => {
    const state = await directory.openTask({ taskId: '0_0', stores });
    try {
      for (let key = 0; key < 500; key++) state.store(counts).get(`key-${key}`);
    } finally {
      await state.close();
    }
  }, isCorrupt);
  directory.close();
});

test('K2 a torn write-ahead log leaves data and position of the earlier flush', async () => {
  const directory = openDirectory();
  const state = await directory.openTask({ taskId: '0_0', stores });
  for (const value of [1, 2]) {
    state.store(counts).put('key', value);
    state.takeChangelog();
    state.fold();
    await state.flush({ ...position, metadata: String(value) });
  }
  await state.close();
  const log = newest(directory.taskDirectory('0_0'), '.log');
  truncateSync(log, statSync(log).size - 5);
  const reopened = await directory.openTask({ taskId: '0_0', stores });
  assert.deepEqual([reopened.position().metadata, reopened.store(counts).get('key')], ['1', 1]);
  await reopened.close();
  directory.close();
});

function newest(folder: string, suffix: string): string {
  const name = readdirSync(folder)
    .filter((one) => one.endsWith(suffix))
    .sort()
    .at(-1);
  assert.ok(name !== undefined, `no ${suffix} file in ${folder}`);
  return join(folder, name);
}

test('the cleaner deletes what is neither wanted nor open nor young, and nothing that is no task', async () => {
  const directory = openDirectory();
  for (const taskId of ['0_0', '0_1', '0_2']) await writeTask(directory, taskId);
  mkdirSync(join(directory.path, 'notes'));
  const state = await directory.openTask({ taskId: '0_2', stores });
  const isWanted = (taskId: string): boolean => taskId === '0_1';
  assert.deepEqual(await directory.removeObsolete(isWanted, 60_000), []);
  assert.deepEqual(await directory.removeObsolete(isWanted, -60_000), ['0_0']);
  assert.deepEqual(readdirSync(directory.path).sort(), ['0_1', '0_2', 'LOCK', 'notes']);
  await state.close();
  directory.close();
});
