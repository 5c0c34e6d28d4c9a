import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import type { StoreOf } from '../../state/store.ts';
import { keyValueStore, windowStore } from '../../state/store.ts';
import type { FiredTimer, Processor, ProcessorContext, StreamRecord } from '../builder/processor.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import type { Topology } from '../builder/topology-builder-api.ts';

export interface Amount {
  readonly amount: number;
  /** Makes the processor call `onPoison` after it wrote. */
  readonly poison?: true;
}

export interface Totals {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** What the sample says of one key, in the key's order. */
export interface Report extends Totals {
  readonly kind: 'total' | 'quiet';
  /** Records of the key in the one-second window of the last one. */
  readonly inWindow: number;
}

/** A key that ever saw this much makes the async function call `onPoison`. */
export const asyncPoisonAmount = 1_000_000;
const windowMs = 1_000;
const quietMs = 500;

export const sampleStores = {
  totals: keyValueStore('totals', { key: stringKey, value: jsonSerde<Totals>() }),
  windows: windowStore('windows', { key: stringKey, value: jsonSerde<number>(), windowSizeMs: windowMs, retentionMs: 3_600_000 }),
};

export interface SampleOptions {
  /** Called for each poisoned record; throws what the test wants. */
  readonly onPoison?: (where: 'process' | 'async') => void;
  /** Runs inside the async function, so that a test decides when it ends. */
  readonly delay?: (record: StreamRecord<string, Report>) => Promise<void>;
}

/** Keyed count with windows, timers and mapAsync: one of everything that has state, for tests of the engine. */
export function createSampleTopology({ onPoison, delay }: SampleOptions = {}): Topology {
  const builder = createTopologyBuilder('sample');
  const amounts = builder.source('amounts', { topic: 'amounts', key: stringSerde, value: jsonSerde<Amount>() });
  const totals = builder.processor('sum', {
    from: amounts,
    stores: sampleStores,
    timerKey: stringKey,
    prefetch: ({ key }) => ({ totals: [key] }),
    create: (context: SumContext) => new SumProcessor(context, onPoison),
  });
  const enriched = builder.mapAsync('enrich', {
    from: totals,
    concurrencyCount: 8,
    key: stringKey,
    input: jsonSerde<Report>(),
    bypass: ({ value }: StreamRecord<string, Report>) => (value.kind === 'quiet' ? value : undefined),
    map: async (record: StreamRecord<string, Report>) => {
      if (record.value.max >= asyncPoisonAmount) onPoison?.('async');
      await delay?.(record);
      return record.value;
    },
  });
  builder.sink('reports', { from: enriched, topic: 'reports', key: stringSerde, value: jsonSerde<Report>() });
  return builder.build();
}

type SumContext = ProcessorContext<string, Report, { readonly [Name in keyof typeof sampleStores]: StoreOf<(typeof sampleStores)[Name]> }>;

class SumProcessor implements Processor<string, Amount> {
  readonly #context: SumContext;
  readonly #onPoison: SampleOptions['onPoison'];

  constructor(context: SumContext, onPoison: SampleOptions['onPoison']) {
    this.#context = context;
    this.#onPoison = onPoison;
  }

  process({ key, value, timestampMs }: StreamRecord<string, Amount>): void {
    const { stores, timers } = this.#context;
    const totals = add(stores.totals.get(key), value.amount);
    stores.totals.put(key, totals);
    const startMs = timestampMs - (timestampMs % windowMs);
    const inWindow = (stores.windows.fetch(key, startMs) ?? 0) + 1;
    stores.windows.put(key, inWindow, startMs);
    timers.set('quiet', timestampMs + quietMs);
    this.#context.forward({ key, value: { kind: 'total', ...totals, inWindow }, timestampMs });
    // After the writes, so that a test sees whether they are undone.
    if (value.poison === true) this.#onPoison?.('process');
  }

  onTimer({ key, dueAtMs }: FiredTimer<string>): void {
    const totals = this.#context.stores.totals.get(key);
    if (totals === undefined) return;
    this.#context.forward({ key, value: { kind: 'quiet', ...totals, inWindow: 0 }, timestampMs: dueAtMs });
  }
}

function add(totals: Totals | undefined, amount: number): Totals {
  if (totals === undefined) return { count: 1, sum: amount, min: amount, max: amount };
  return {
    count: totals.count + 1,
    sum: totals.sum + amount,
    min: Math.min(totals.min, amount),
    max: Math.max(totals.max, amount),
  };
}
