import assert from 'node:assert/strict';
import { it } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { createSampleTopology, type Amount } from '../../topology/testing/sample-topology.ts';
import { createTopologyTestDriver } from '../../topology/testing/topology-test-driver.ts';
import { NodeTimes } from './processor-times.ts';

it('adds up what each node took, without what its children took, and changes no output', async () => {
  let nowMs = 0;
  const times = new NodeTimes(() => (nowMs += 1));
  const driver = await createTopologyTestDriver({ topology: createSampleTopology(), wrapProcessor: times.wrap });
  const input = driver.input('amounts', stringSerde, jsonSerde<Amount>());
  const reports = driver.output('reports', stringSerde, jsonSerde<{ readonly kind: string }>());
  await input.pipe('a', { amount: 1 }, 1_000);
  await input.pipe('a', { amount: 2 }, 5_000);
  await driver.settle();
  assert.deepEqual(
    (await reports.read()).map(({ value }) => value?.kind),
    ['total', 'quiet', 'total'],
  );
  // Two records and a timer, one tick of the clock inside each.
  assert.deepEqual(times.take(), [{ node: 'sum', recordCount: 3, busyUs: 3_000, slowestUs: 1_000 }]);
  assert.deepEqual(times.take(), []);
  await driver.close();
});
