import { bufferSerde, stringSerde } from '../../../schemas/serdes.ts';
import { stringKey } from '../../../state/keys/key-serdes.ts';
import type { StoreOf, Windowed } from '../../../state/store.ts';
import { keyValueStore, sessionStore } from '../../../state/store.ts';
import { partitionOfKey } from '../../../topology/base/partition.ts';
import type { ProcessorContext } from '../../../topology/builder/processor.ts';
import { createTopologyBuilder } from '../../../topology/builder/topology-builder.ts';
import type { Topology } from '../../../topology/builder/topology-builder-api.ts';
import type { AppOrder } from './app-order.ts';
import { storeName } from './app-order.ts';
import { ownBufferSerde, sessionSerde, uint32Serde } from './serdes.ts';

/** The counterparts of bench/peers/kafka-streams, node by node. */
export function createTopology(order: AppOrder): Topology {
  switch (order.topology) {
    case 'keyed-count':
      return keyedCount(order);
    case 'keyed-last-value':
      return keyedLastValue(order);
    case 'session-windows':
      return sessionWindows(order);
  }
}

/** Counts the records of each key and forwards every new count. */
function keyedCount({ application, input, output }: AppOrder): Topology {
  const builder = createTopologyBuilder(application);
  const store = keyValueStore(storeName, { key: stringKey, value: uint32Serde });
  const events = builder.source('events', { topic: input, key: stringSerde, value: bufferSerde });
  const counts = builder.processor('work', {
    from: events,
    stores: { counts: store },
    prefetch: ({ key }) => ({ counts: [key] }),
    create: (context: ProcessorContext<string, number, { readonly counts: StoreOf<typeof store> }>) => ({
      process: ({ key, timestampMs }) => {
        const count = (context.stores.counts.get(key) ?? 0) + 1;
        context.stores.counts.put(key, count);
        context.forward({ key, value: count, timestampMs });
      },
    }),
  });
  builder.sink('out', { from: counts, topic: output, key: stringSerde, value: uint32Serde });
  return builder.build();
}

/** Keeps the last value of each key and forwards it, unless the value before it is the same. */
function keyedLastValue({ application, input, output }: AppOrder): Topology {
  const builder = createTopologyBuilder(application);
  const store = keyValueStore(storeName, { key: stringKey, value: bufferSerde });
  // A value that is kept must not be a view of the fetched bytes, which it would keep alive.
  const events = builder.source('events', { topic: input, key: stringSerde, value: ownBufferSerde });
  const values = builder.processor('work', {
    from: events,
    stores: { values: store },
    prefetch: ({ key }) => ({ values: [key] }),
    create: (context: ProcessorContext<string, Buffer, { readonly values: StoreOf<typeof store> }>) => ({
      process: (record) => {
        if (context.stores.values.get(record.key)?.equals(record.value) === true) return;
        context.stores.values.put(record.key, record.value);
        context.forward(record);
      },
    }),
  });
  builder.sink('out', { from: values, topic: output, key: stringSerde, value: bufferSerde });
  return builder.build();
}

/** Counts records in sessions: those within the gap are merged, each merged one is forwarded as a tombstone, then the new one. */
function sessionWindows({ application, input, output, gapMs, retentionMs }: AppOrder): Topology {
  const builder = createTopologyBuilder(application);
  const store = sessionStore(storeName, { key: stringKey, value: uint32Serde, inactivityGapMs: gapMs, retentionMs });
  const events = builder.source('events', { topic: input, key: stringSerde, value: bufferSerde });
  const sessions = builder.processor('work', {
    from: events,
    stores: { sessions: store },
    create: (context: ProcessorContext<Windowed<string>, number, { readonly sessions: StoreOf<typeof store> }>) => ({
      process: ({ key, timestampMs }) => {
        const merged = [...context.stores.sessions.findSessions(key, timestampMs - gapMs, timestampMs + gapMs)];
        let whole: Windowed<string> = { key, startMs: timestampMs, endMs: timestampMs };
        let count = 1;
        for (const [session, counted] of merged) {
          whole = { key, startMs: Math.min(whole.startMs, session.startMs), endMs: Math.max(whole.endMs, session.endMs) };
          count += counted;
        }
        for (const [session] of merged) {
          context.stores.sessions.remove(session);
          context.forward({ key: session, value: tombstone, timestampMs });
        }
        context.stores.sessions.put(whole, count);
        context.forward({ key: whole, value: count, timestampMs });
      },
    }),
  });
  builder.sink('out', {
    from: sessions,
    topic: output,
    key: sessionSerde,
    value: uint32Serde,
    tombstoneWhen: ({ value }) => value === tombstone,
    partitionOf: ({ key }, count) => partitionOfKey(Buffer.from(key.key), count),
  });
  return builder.build();
}

/** No session has so many records. */
const tombstone = 0;
