import { bufferSerde, stringSerde } from '../../schemas/serdes.ts';
import type { Serde } from '../../schemas/serde.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import type { StoreOf } from '../../state/store.ts';
import { keyValueStore } from '../../state/store.ts';
import type { ProcessorContext } from '../../topology/builder/processor.ts';
import { createTopologyBuilder } from '../../topology/builder/topology-builder.ts';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';

export const valueBytes = 300;

/** A count as four bytes, so that the bench measures the engine and not a format. */
const countSerde: Serde<number> = {
  serialize: (count) => {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(count);
    return bytes;
  },
  deserialize: (bytes) => bytes.readUInt32BE(0),
};

export const countStore = keyValueStore('counts', { key: stringKey, value: countSerde });

/** Counts the records of each key; with an output, every new count is written. */
export function createBenchTopology({ hasOutput }: { readonly hasOutput: boolean }): Topology {
  const builder = createTopologyBuilder('bench');
  const events = builder.source('events', { topic: 'events', key: stringSerde, value: bufferSerde });
  const counts = builder.processor('count', {
    from: events,
    stores: { counts: countStore },
    prefetch: ({ key }) => ({ counts: [key] }),
    create: (context: ProcessorContext<string, number, { readonly counts: StoreOf<typeof countStore> }>) => ({
      process: ({ key, timestampMs }) => {
        const count = (context.stores.counts.get(key) ?? 0) + 1;
        context.stores.counts.put(key, count);
        if (hasOutput) context.forward({ key, value: count, timestampMs });
      },
    }),
  });
  builder.sink('counts-out', { from: counts, topic: 'counts', key: stringSerde, value: countSerde });
  return builder.build();
}
