/** What `/healthz` is told: a wait for others is life, a loop that something holds is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringSerde } from '../../schemas/serdes.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { Faults } from '../testing/faults.ts';
import { createFaultyLog } from '../testing/faulty-log.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createSampleTopology } from '../testing/sample-topology.ts';
import { createStreamApp } from './stream-app.ts';

const topics = ['amounts', 'reports'].map((name) => ({ name, partitionCount: 1 }));
const turn = () => new Promise(setImmediate);

test('an app whose log does not answer is alive: its loop turns', async () => {
  const clock = createManualClock();
  const log = createMemoryLog({ clock });
  await log.createTopics(topics);
  const faults = new Faults();
  const app = createStreamApp({ topology: createSampleTopology(), log: createFaultyLog(log, faults), state: 'memory', clock });
  await app.start();
  await app.whenRunning();
  const held = faults.holdAt('source:poll');
  const looking = faults.holdAt('offsets');
  for (let second = 0; second < 60; second += 1) {
    clock.advance(1_000);
    for (let count = 0; count < 5; count += 1) await turn();
  }
  await held.reached;
  assert.equal(app.health().isAlive, true);
  held.release();
  looking.release();
  await app.close();
});

test('an app with a processor that does not return is not alive until it does', async () => {
  const clock = createManualClock();
  const log = createMemoryLog({ clock });
  await log.createTopics(topics);
  const seen: boolean[] = [];
  const builder = createTopologyBuilder('stuck');
  const amounts = builder.source('amounts', { topic: 'amounts', key: stringSerde, value: stringSerde });
  const process = () => {
    for (let second = 0; second < 31; second += 1) clock.advance(1_000);
    seen.push(app.health().isAlive);
  };
  builder.processor('stuck', { from: amounts, create: () => ({ process }) });
  const app = createStreamApp({ topology: builder.build(), log, state: 'memory', clock });
  await app.start();
  await app.whenRunning();
  const producer = await log.openProducer();
  await producer.send([{ topic: 'amounts', partition: 0, key: Buffer.from('a'), value: Buffer.from('x'), timestampMs: 1 }]);
  while (seen.length === 0) {
    clock.advance(100);
    await turn();
  }
  for (let count = 0; count < 10; count += 1) await turn();
  assert.deepEqual([seen, app.health().isAlive], [[false], true]);
  await app.close();
});
