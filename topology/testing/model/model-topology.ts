import { jsonSerde, stringSerde } from '../../../schemas/serdes.ts';
import { stringKey } from '../../../state/keys/key-serdes.ts';
import type { KeyValueStore, SessionStore, TtlKeyValueStore, WindowStore } from '../../../state/store.ts';
import { keyValueStore, sessionStore, ttlStore, windowStore } from '../../../state/store.ts';
import type { FiredTimer, Processor, ProcessorContext, StreamRecord } from '../../builder/processor.ts';
import type { Stream, Topology, TopologyBuilder } from '../../builder/topology-builder-api.ts';
import { createTopologyBuilder } from '../../builder/topology-builder.ts';
import { asyncValue, bypassValue, modelTimes, nodeName, sinkTopic } from './model-case.ts';
import type { ModelShape, NodeKind } from './model-case.ts';

type NumberRecord = StreamRecord<string, number>;
type Context<Store> = ProcessorContext<string, number, { readonly store: Store }>;
type NumberStream = Stream<string, number>;

const number = jsonSerde<number>();
const types = { key: stringKey, value: number };
const { ttlMs, windowMs, gapMs, retentionMs, timerMs } = modelTimes;

/** The engine's side of a shape. `delay` runs inside the async function. */
export function createModelTopology(shape: ModelShape, delay: () => Promise<void>): Topology {
  const builder = createTopologyBuilder('model');
  const source = builder.source('source', { topic: 'in', key: stringSerde, value: number });
  const streams: NumberStream[] = [];
  const from = (index: number): NumberStream => streams[index] ?? source;
  shape.nodes.forEach(({ kind, parent }, index) => {
    streams.push(addNode(builder, nodeName(index), kind, from(parent)));
  });
  streams.forEach((stream, index) => sink(builder, sinkTopic(index), stream));
  if (shape.async !== undefined) {
    const mapped = builder.mapAsync('async', {
      from: from(shape.async.parent),
      concurrencyCount: 3,
      key: stringKey,
      input: number,
      bypass: ({ value }: NumberRecord) => bypassValue(value),
      map: async ({ value }: NumberRecord) => {
        await delay();
        return asyncValue(value);
      },
    });
    sink(builder, 'out-async', mapped);
    sink(builder, 'out-tail', addNode(builder, 'tail', shape.async.tail, mapped));
  }
  if (shape.hasFeedback) addFeedback(builder, source);
  return builder.build();
}

function sink(builder: TopologyBuilder, topic: string, from: NumberStream): void {
  builder.sink(`to-${topic}`, { from, topic, key: stringSerde, value: number });
}

function addFeedback(builder: TopologyBuilder, source: NumberStream): void {
  const halved = builder.processor('halve', {
    from: source,
    create: (context: ProcessorContext<string, number>) => ({
      process: (record: NumberRecord) => {
        if (record.value % 2 === 0) context.forward({ ...record, value: record.value / 2 });
      },
    }),
  });
  builder.sink('back', { from: halved, topic: 'in', key: stringSerde, value: number, feedback: true });
}

function addNode(builder: TopologyBuilder, name: string, kind: NodeKind, from: NumberStream): NumberStream {
  switch (kind) {
    case 'scale':
      return builder.processor(name, {
        from,
        create: (context: ProcessorContext<string, number>) => ({
          process: (record: NumberRecord) => context.forward({ ...record, value: record.value * 3 }),
        }),
      });
    case 'ttl':
      return builder.processor(name, { from, stores: { store: ttlStore(name, { ...types, ttlMs }) }, create: ttlProcessor });
    case 'window': {
      const store = windowStore(name, { ...types, windowSizeMs: windowMs, retentionMs });
      return builder.processor(name, { from, stores: { store }, create: windowProcessor });
    }
    case 'session': {
      const store = sessionStore(name, { ...types, inactivityGapMs: gapMs, retentionMs });
      return builder.processor(name, { from, stores: { store }, create: sessionProcessor });
    }
    case 'timer':
      return builder.processor(name, {
        from,
        stores: { store: keyValueStore(name, types) },
        timerKey: stringKey,
        create: (context: Context<KeyValueStore<string, number>>) => new TimerProcessor(context),
      });
    default:
      return builder.processor(name, {
        from,
        stores: { store: keyValueStore(name, types) },
        prefetch: ({ key }: NumberRecord) => ({ store: [key] }),
        create: (context: Context<KeyValueStore<string, number>>) => foldProcessor(context, kind),
      });
  }
}

function foldProcessor(context: Context<KeyValueStore<string, number>>, kind: 'sum' | 'spread' | 'max'): Processor<string, number> {
  const { store } = context.stores;
  return {
    process: (record) => {
      const before = store.get(record.key) ?? 0;
      const after = kind === 'max' ? Math.max(before, record.value) : before + record.value;
      store.put(record.key, after);
      let value = after;
      if (kind === 'spread') value = [...store.range(undefined, undefined)].reduce((sum, [, one]) => sum + one, 0);
      context.forward({ ...record, value });
    },
  };
}

function ttlProcessor(context: Context<TtlKeyValueStore<string, number>>): Processor<string, number> {
  const { store } = context.stores;
  return {
    process: (record) => {
      const value = (store.get(record.key) ?? 0) + record.value;
      store.put(record.key, value, record.timestampMs);
      context.forward({ ...record, value });
    },
  };
}

function windowProcessor(context: Context<WindowStore<string, number>>): Processor<string, number> {
  const { store } = context.stores;
  return {
    process: (record) => {
      const startMs = record.timestampMs - (record.timestampMs % windowMs);
      store.put(record.key, (store.fetch(record.key, startMs) ?? 0) + 1, startMs);
      const kept = [...store.fetchRange(record.key, startMs - 2 * windowMs, startMs)];
      context.forward({ ...record, value: kept.reduce((sum, [, count]) => sum + count, 0) });
    },
  };
}

function sessionProcessor(context: Context<SessionStore<string, number>>): Processor<string, number> {
  const { store } = context.stores;
  return {
    process: (record) => {
      const { key, timestampMs } = record;
      let [startMs, endMs, value] = [timestampMs, timestampMs, record.value];
      for (const [session, sum] of [...store.findSessions(key, timestampMs - gapMs, timestampMs + gapMs)]) {
        startMs = Math.min(startMs, session.startMs);
        endMs = Math.max(endMs, session.endMs);
        value += sum;
        store.remove(session);
      }
      store.put({ key, startMs, endMs }, value);
      context.forward({ ...record, value });
    },
  };
}

class TimerProcessor implements Processor<string, number> {
  readonly #context: Context<KeyValueStore<string, number>>;

  constructor(context: Context<KeyValueStore<string, number>>) {
    this.#context = context;
  }

  process({ key, value, timestampMs }: NumberRecord): void {
    const { stores, timers } = this.#context;
    stores.store.put(key, (stores.store.get(key) ?? 0) + value);
    timers.set('quiet', timestampMs + timerMs);
    if (value % 3 === 0) timers.set('late', timestampMs - 100);
    if (value % 7 === 0) timers.cancel('quiet');
    this.#context.forward({ key, value, timestampMs });
  }

  onTimer({ key, name, dueAtMs }: FiredTimer<string>): void {
    const { store } = this.#context.stores;
    const sum = store.get(key) ?? 0;
    if (name === 'quiet') store.delete(key);
    this.#context.forward({ key, value: sum + (name === 'quiet' ? 10_000 : 20_000), timestampMs: dueAtMs });
  }
}
