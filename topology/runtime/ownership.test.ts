/** K2, K7, K8 where owners change: what a former owner, or an earlier life of the same one, left behind must not be taken for one's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import { defaultStateBudgets } from '../../state/task-state.ts';
import { keyValueStore } from '../../state/store.ts';
import type { KeyValueStore } from '../../state/store.ts';
import type { ProcessorContext, StreamRecord } from '../builder/processor.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import type { Topology } from '../builder/topology-builder-api.ts';
import type { Log } from '../log/log.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { Faults } from '../testing/faults.ts';
import { createFaultyLog } from '../testing/faulty-log.ts';
import { TopicTail } from '../testing/topic-tail.ts';
import type { TopologyTestDriver } from '../testing/topology-test-driver.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';

const numbers = jsonSerde<number>();
const sumStore = keyValueStore('sums', { key: stringKey, value: numbers });
type SumContext = ProcessorContext<string, number, { readonly sums: KeyValueStore<string, number> }>;

/** Forwards the running sum of each key. */
function sumTopology(): Topology {
  const builder = createTopologyBuilder('owned');
  const input = builder.source('in', { topic: 'in', key: stringSerde, value: numbers });
  const summed = builder.processor('sum', {
    from: input,
    stores: { sums: sumStore },
    create: (context: SumContext) => ({
      process: ({ key, value, timestampMs }: StreamRecord<string, number>) => {
        const sum = (context.stores.sums.get(key) ?? 0) + value;
        context.stores.sums.put(key, sum);
        context.forward({ key, value: sum, timestampMs });
      },
    }),
  });
  builder.sink('out', { from: summed, topic: 'out', key: stringSerde, value: numbers });
  return builder.build();
}

const pipe = (driver: TopologyTestDriver, values: readonly number[]): Promise<void> =>
  driver.input('in', stringSerde, numbers).pipeAll(values.map((value) => ({ key: 'a', value, timestampMs: 10_000 })));

async function sums(log: Log): Promise<readonly (number | null)[]> {
  const tail = new TopicTail(log, [{ topic: 'out', partition: 0, nextOffset: 0n }]);
  return (await tail.read(stringSerde, numbers)).map(({ value }) => value);
}

test('K8 a commit that failed is not taken for the last one of an earlier life of the same instance', async () => {
  const base = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const faults = new Faults();
  const log = createFaultyLog(base, faults);
  const topology = sumTopology();
  const first = await createTopologyTestDriver({ topology, log, backend });
  await pipe(first, [1]);
  await first.kill();
  const second = await createTopologyTestDriver({ topology, log, backend });
  faults.failAt('commit:before');
  await pipe(second, [2]);
  await second.close();
  assert.equal(faults.pendingCount, 0);
  assert.deepEqual(await sums(base), [1, 3]);
});

/** An owner and its follower on one log, each with a state of its own, in one group: the follower waits for the task until the owner is out. */
async function evictWhileFlushing() {
  const base = createMemoryLog();
  const faults = new Faults();
  const stateBudgets = { ...defaultStateBudgets, flushBounds: { bytes: 1, recordCount: 1, ageMs: 1e9 } };
  const formerBackend = createMemoryBackendFactory();
  const former = await createTopologyTestDriver({
    topology: sumTopology(),
    log: createFaultyLog(base, faults),
    backend: formerBackend,
    stateBudgets,
    instanceId: 'former',
  });
  const held = faults.holdAt('sync');
  const piped = pipe(former, [1]);
  await held.reached;
  base.evictMember('owned', 'former');
  const next = await createTopologyTestDriver({ topology: sumTopology(), log: base, instanceId: 'next' });
  await pipe(next, [2, 4]);
  held.release();
  await piped;
  return { base, former, formerBackend, next };
}

test('K2 K7 a former owner that was in the middle of a flush does not store the position of what the next owner wrote', async () => {
  const { base, former, formerBackend, next } = await evictWhileFlushing();
  await former.kill();
  await next.close();
  const again = await createTopologyTestDriver({ topology: sumTopology(), log: base, backend: formerBackend });
  assert.equal(again.store(sumStore).get('a'), 7);
  await pipe(again, [8]);
  assert.deepEqual(await sums(base), [1, 3, 7, 15]);
  await again.close();
});
