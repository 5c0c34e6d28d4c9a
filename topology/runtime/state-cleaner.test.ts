import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { createSampleTopology } from '../testing/sample-topology.ts';
import { createStreamApp } from './stream-app.ts';

test('the folder of a task that moved to another member is deleted after the delay, those in use stay', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stepwright-cleaner-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = createMemoryLog();
  await log.createTopics(['amounts', 'reports'].map((name) => ({ name, partitionCount: 2 })));
  const start = async (name: string) => {
    const directory = join(folder, name);
    const app = createStreamApp({
      topology: createSampleTopology(),
      log,
      instanceId: name,
      state: { directory },
      bounds: { stateCleanupDelayMs: 300 },
    });
    await app.start();
    return { app, directory: join(directory, 'sample') };
  };
  const tasksIn = (directory: string) => readdirSync(directory).filter((name) => /^\d/.test(name));
  const first = await start('first');
  await first.app.whenRunning();
  assert.deepEqual(tasksIn(first.directory), ['0_0', '0_1']);
  const second = await start('second');
  while ((await second.app.tasks()).length === 0 || second.app.state() !== 'running') await new Promise(setImmediate);
  const [moved] = await second.app.tasks();
  assert.ok(moved);
  while (existsSync(join(first.directory, moved.taskId))) {
    // Whatever makes the loop turn: it looks when it turns.
    first.app.resume();
    await new Promise(setImmediate);
  }
  assert.equal(tasksIn(first.directory).length, 1);
  assert.deepEqual(tasksIn(second.directory), [moved.taskId]);
  await first.app.close();
  await second.app.close();
});
