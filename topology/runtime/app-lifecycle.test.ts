import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { jsonSerde } from '../../schemas/serdes.ts';
import type { Log } from '../log/log.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { Faults } from '../testing/faults.ts';
import { createFaultyLog } from '../testing/faulty-log.ts';
import type { Amount } from '../testing/sample-topology.ts';
import { createSampleTopology } from '../testing/sample-topology.ts';
import { createStreamApp } from './stream-app.ts';
import type { StateOption } from './stream-app-options.ts';

const topics = [
  { name: 'amounts', partitionCount: 2 },
  { name: 'reports', partitionCount: 2 },
];

test('tasks commit side by side: one that waits for the log holds up nobody', async () => {
  const base = createMemoryLog();
  await base.createTopics(topics);
  const faults = new Faults();
  const app = createStreamApp({
    topology: createSampleTopology(),
    log: createFaultyLog(base, faults),
    state: 'memory',
    bounds: { commitIntervalMs: 1 },
  });
  await app.start();
  await app.whenRunning();
  const producer = await base.openProducer();
  const value = jsonSerde<Amount>().serialize({ amount: 1 }, Buffer.alloc(0));
  const held = faults.holdAt('commit:before');
  await producer.send([{ topic: 'amounts', partition: 0, key: Buffer.from('a'), value, timestampMs: 1 }]);
  await held.reached;
  await producer.send([{ topic: 'amounts', partition: 1, key: Buffer.from('b'), value, timestampMs: 1 }]);
  const committed = async (partition: number) => (await base.committed('sample', [{ topic: 'amounts', partition }]))[0]?.nextOffset;
  while ((await committed(1)) !== 1n) await new Promise(setImmediate);
  assert.equal(await committed(0), undefined);
  held.release();
  while ((await committed(0)) !== 1n) await new Promise(setImmediate);
  await app.close();
});

test('two apps with one name cannot share a state directory: the second is refused, and the folder is free after a close', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-lock-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const start = async () => {
    const log = createMemoryLog();
    await log.createTopics(topics);
    const app = createStreamApp({ topology: createSampleTopology(), log, state: { directory } });
    await app.start();
    return app;
  };
  const first = await start();
  await assert.rejects(start(), { code: 'STATE_LOCKED' });
  await first.close();
  const second = await start();
  await second.close();
});

test('an app on a directory has the same member name after each start, so a broker knows who was killed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-name-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const names: string[] = [];
  const run = async (state: StateOption) => {
    const base = createMemoryLog();
    await base.createTopics(topics);
    const openSource: Log['openSource'] = (options) => {
      names.push(options.memberId);
      return base.openSource(options);
    };
    const app = createStreamApp({ topology: createSampleTopology(), log: { ...createFaultyLog(base, new Faults()), openSource }, state });
    await app.start();
    await app.whenRunning();
    await app.close();
  };
  await run({ directory });
  await run({ directory });
  await run('memory');
  assert.equal(names[0], names[1]);
  assert.notEqual(names[0], names[2]);
});

test('a missing topic is named before anything starts, and the app can be closed', async () => {
  const app = createStreamApp({ topology: createSampleTopology(), log: createMemoryLog(), state: 'memory' });
  await assert.rejects(app.start(), { code: 'LOG_TOPIC_UNKNOWN', message: /"amounts"/ });
  await app.close();
  assert.equal(app.state(), 'closed');
});

test('an app that is closed while it starts holds nothing afterwards', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-early-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const log = createMemoryLog();
  await log.createTopics(topics);
  const early = createStreamApp({ topology: createSampleTopology(), log, state: { directory } });
  const starting = early.start();
  const running = assert.rejects(early.whenRunning(), { code: 'TASK_FAILED' });
  await early.close();
  await Promise.all([starting, running]);
  const next = createStreamApp({ topology: createSampleTopology(), log, state: { directory } });
  await next.start();
  await next.whenRunning();
  await next.close();
});
