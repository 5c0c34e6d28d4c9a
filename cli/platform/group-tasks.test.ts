import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLog } from '../../topology/log/memory/memory-log.ts';
import { createStreamApp, type StreamApp } from '../../topology/runtime/stream-app.ts';
import { createSampleTopology } from '../../topology/testing/sample-topology.ts';
import { viewGroup } from './group-tasks.ts';

test('a group is shown from the log alone: who has which task, who a copy of it, and how far it is, also when nobody is alive', async () => {
  const log = createMemoryLog();
  await log.createTopics([
    { name: 'amounts', partitionCount: 2 },
    { name: 'reports', partitionCount: 2 },
  ]);
  const topology = createSampleTopology();
  const start = async (instanceId: string): Promise<StreamApp> => {
    const app = createStreamApp({ topology, log, state: 'memory', instanceId, standbyCount: 1, advertisedHost: `${instanceId}:1` });
    await app.start();
    await app.whenRunning();
    return app;
  };
  const apps = [await start('a'), await start('b')];
  let view = await viewGroup(log, topology);
  while (view.members.some(({ activeCount, standbyCount }) => activeCount !== 1 || standbyCount !== 1)) {
    await new Promise(setImmediate);
    view = await viewGroup(log, topology);
  }
  assert.deepEqual(
    view.members.map(({ memberId, host }) => [memberId, host]),
    [
      ['a', 'a:1'],
      ['b', 'b:1'],
    ],
  );
  for (const taskId of ['0_0', '0_1']) {
    const own = view.tasks.filter((task) => task.taskId === taskId);
    assert.deepEqual(new Set(own.map(({ role }) => role)), new Set(['active', 'standby']));
    assert.equal(new Set(own.map(({ memberId }) => memberId)).size, 2, 'a copy stands in another member than its task');
  }
  await Promise.all(apps.map((app) => app.close()));
  const producer = await log.openProducer();
  await producer.send([{ topic: 'amounts', partition: 1, key: Buffer.from('k'), value: Buffer.from('{}'), timestampMs: 1 }]);
  const after = await viewGroup(log, topology);
  assert.deepEqual([after.state, after.members], ['empty', []]);
  assert.deepEqual(
    after.tasks.map(({ taskId, memberId, lagCount }) => [taskId, memberId, lagCount]),
    [
      ['0_0', undefined, 0],
      ['0_1', undefined, 1],
    ],
  );
});
