import assert from 'node:assert/strict';
import { jsonSerde, stringSerde } from '../../../schemas/serdes.ts';
import type { BackendFactory } from '../../../state/backend.ts';
import { createMemoryBackendFactory } from '../../../state/memory/memory-backend.ts';
import type { AnyStore } from '../../../state/store.ts';
import { partitionOfKey } from '../../base/partition.ts';
import type { Log } from '../../log/log.ts';
import { TopicTail } from '../topic-tail.ts';
import { createTopologyTestDriver } from '../topology-test-driver.ts';
import { modelKeys, modelTimes, nodeName, sinkTopic } from './model-case.ts';
import type { ModelRecord, ModelShape, NodeKind } from './model-case.ts';
import { ModelInterpreter } from './model-interpreter.ts';
import type { ModelRun } from './model-run.ts';

export type Entries = readonly (readonly [unknown, unknown])[];

/** The interpreter's partitions after all input. */
export function interpret(shape: ModelShape, records: readonly ModelRecord[], partitionCount: number): readonly ModelInterpreter[] {
  return Array.from({ length: partitionCount }, (_, partition) => {
    const model = new ModelInterpreter(shape);
    model.run(records.filter(({ key }) => partitionOfKey(Buffer.from(key), partitionCount) === partition));
    return model;
  });
}

export async function readTopic(log: Log, topic: string, partition: number): Promise<readonly ModelRecord[]> {
  const tail = new TopicTail(log, [{ topic, partition, nextOffset: 0n }]);
  const records = await tail.read(stringSerde, jsonSerde<number>());
  return records.map(({ key, value, timestampMs }) => ({ key, value: value ?? Number.NaN, timestampMs }));
}

/** T1: every output partition record by record; behind mapAsync, where keys overtake each other, key by key. */
export async function checkOutputs(shape: ModelShape, models: readonly ModelInterpreter[], log: Log): Promise<void> {
  for (const [partition, model] of models.entries()) {
    const expected = (topic: string) => model.outputs.get(topic) ?? [];
    for (const index of shape.nodes.keys()) {
      const topic = sinkTopic(index);
      assert.deepEqual(await readTopic(log, topic, partition), expected(topic), `${topic}-${partition}`);
    }
    if (shape.async === undefined) continue;
    for (const topic of ['out-async', 'out-tail']) {
      const found = await readTopic(log, topic, partition);
      for (const key of modelKeys) {
        const ofKey = (records: readonly ModelRecord[]) => records.filter((record) => record.key === key);
        assert.deepEqual(ofKey(found), ofKey(expected(topic)), `${topic}-${partition} key ${key}`);
      }
    }
  }
}

/** Every store entry by entry, as the disk has it and (K2) as the changelogs alone give it back. */
export async function checkStores(shape: ModelShape, models: readonly ModelInterpreter[], run: ModelRun): Promise<void> {
  await checkStoresOn(shape, models, run, run.backend);
  await checkStoresOn(shape, models, run, createMemoryBackendFactory());
}

async function checkStoresOn(
  shape: ModelShape,
  models: readonly ModelInterpreter[],
  { log, topology }: ModelRun,
  backend: BackendFactory,
): Promise<void> {
  const driver = await createTopologyTestDriver({ topology, log, backend, partitionCount: models.length });
  await driver.settle();
  for (const [partition, model] of models.entries()) {
    const state = driver
      .tasks()
      .find(({ id }) => id.partition === partition)
      ?.state();
    const entries = (name: string) => entriesOf(state?.storeByName(name));
    for (const [index, { kind }] of shape.nodes.entries()) {
      const label = `store of ${nodeName(index)} (${kind}), partition ${partition}`;
      if (kind !== 'scale') assert.deepEqual(entries(nodeName(index)), expectedEntries(kind, model, index), label);
      if (kind === 'timer') assert.deepEqual(entries(`${nodeName(index)}-timers`), expectedTimers(model.state(index)), label);
    }
    if (shape.async === undefined) continue;
    assert.deepEqual(entries('async-in-flight'), [], 'nothing is in flight');
    assert.deepEqual(entries('tail'), sorted(model.tail().values), 'store of the tail');
  }
  await driver.close();
}

/** No transaction is left open anywhere: readers of committed records stand where all others do. */
export async function checkNothingOpen({ log, topology }: ModelRun, partitionCount: number): Promise<void> {
  const { subTopologies } = topology;
  const topics = [...new Set(subTopologies.flatMap(({ sourceTopics, sinkTopics }) => [...sourceTopics, ...sinkTopics]))];
  const changelogs = topology.describe().subTopologies.flatMap((one) => one.changelogs);
  const partitions = [...topics, ...changelogs].flatMap((topic) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
  );
  assert.deepEqual(await log.offsets(partitions, 'read_committed'), await log.offsets(partitions, 'read_uncommitted'));
}

function expectedEntries(kind: NodeKind, model: ModelInterpreter, index: number): Entries {
  const state = model.state(index);
  if (kind === 'ttl') return sorted(model.liveTtl(state));
  if (kind === 'window') {
    return sorted(state.windows).flatMap(([key, windows]) =>
      [...windows]
        .filter(([startMs]) => model.isLive(startMs))
        .toSorted(([left], [right]) => left - right)
        .map(([startMs, count]) => [{ key, startMs, endMs: startMs + modelTimes.windowMs }, count] as const),
    );
  }
  if (kind === 'session') {
    return sorted(state.sessions).flatMap(([key, sessions]) =>
      sessions
        .filter(({ endMs }) => model.isLive(endMs))
        .toSorted((left, right) => left.endMs - right.endMs || left.startMs - right.startMs)
        .map(({ startMs, endMs, value }) => [{ key, startMs, endMs }, value] as const),
    );
  }
  return sorted(state.values);
}

function expectedTimers({ timers }: ReturnType<ModelInterpreter['state']>): Entries {
  const byTime = sorted(timers).map(
    ([key, all]) => [key, all.toSorted((left, right) => left.dueAtMs - right.dueAtMs || (left.name < right.name ? -1 : 1))] as const,
  );
  return byTime.filter(([, all]) => all.length > 0);
}

function sorted<V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] {
  return [...map].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function entriesOf(store: AnyStore | undefined): Entries {
  assert(store, 'the store is there');
  if ('range' in store) return [...store.range(undefined, undefined)];
  if ('all' in store) return [...store.all(0, 1e12)];
  return modelKeys.flatMap((key) => [...store.fetch(key)]);
}
