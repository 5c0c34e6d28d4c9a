import { bufferSerde, stringSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import type { StoreOf } from '../../state/store.ts';
import { keyValueStore } from '../../state/store.ts';
import type { ProcessorContext } from '../../topology/builder/processor.ts';
import { createTopologyBuilder } from '../../topology/builder/topology-builder.ts';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import { uint32Serde } from './scenarios/serdes.ts';

export const valueBytes = 300;

export const countStore = keyValueStore('counts', { key: stringKey, value: uint32Serde });

export interface BenchTopologyOptions {
  readonly hasOutput: boolean;
  /** Of the application, which then has an output topic of its own, `<name>-out`. */
  readonly name?: string;
}

/** Counts the records of each key; with an output, every new count is written. */
export function createBenchTopology({ hasOutput, name }: BenchTopologyOptions): Topology {
  const builder = createTopologyBuilder(name ?? 'bench');
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
  builder.sink('counts-out', { from: counts, topic: name === undefined ? 'counts' : `${name}-out`, key: stringSerde, value: uint32Serde });
  return builder.build();
}
