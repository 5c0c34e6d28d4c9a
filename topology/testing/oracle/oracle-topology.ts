import { jsonSerde, stringSerde } from '../../../schemas/serdes.ts';
import { numberKey, pairKey, stringKey } from '../../../state/keys/key-serdes.ts';
import type { KeyValueStore } from '../../../state/store.ts';
import { keyValueStore } from '../../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../builder/processor.ts';
import { createTopologyBuilder } from '../../builder/topology-builder.ts';
import { repartitionTopic } from '../../builder/names.ts';
import type { Stream, Topology, TopologyBuilder } from '../../builder/topology-builder-api.ts';
import type { TopicSpec } from '../../log/log.ts';
import type { Numbered, OracleShape, Totals } from './oracle-input.ts';
import { groupOf } from './oracle-input.ts';

/** A record's running totals, with the record they include. */
export interface RunningTotals extends Totals {
  readonly index: number;
}

export const numberedSerde = jsonSerde<Numbered>();
export const totalsSerde = jsonSerde<RunningTotals>();

const repartitionName = 'by-group';

export interface OracleTopics {
  readonly numbers: string;
  readonly echo: string;
  readonly totals: string;
  readonly byGroup: string;
  readonly groupTotals: string;
}

export function oracleTopics({ name, isPurged }: OracleShape): OracleTopics {
  return {
    numbers: `${name}-numbers`,
    echo: `${name}-echo`,
    totals: `${name}-totals`,
    byGroup: isPurged ? repartitionTopic(name, repartitionName) : `${name}-by-group`,
    groupTotals: `${name}-group-totals`,
  };
}

/** Those that the app does not make itself. */
export function oracleTopicSpecs(shape: OracleShape): readonly TopicSpec[] {
  const { byGroup, ...others } = oracleTopics(shape);
  const names: readonly string[] = [...Object.values(others), ...(shape.isPurged ? [] : [byGroup])];
  return names.map((name) => ({ name, partitionCount: shape.partitionCount }));
}

export function deadLetterTopicOf({ name }: OracleShape): string {
  return `${name}-dead-letters`;
}

/**
 * echo, count, sum, min, max, average and distinct, of each key and, behind a repartition, of each group of keys: two sub-topologies. Every output but
 * the repartition topic is a function of its input partition, record by record, so a hole, a double or a stale store shows at the record where it happened.
 */
export function createOracleTopology(shape: OracleShape): Topology {
  const topics = oracleTopics(shape);
  const builder = createTopologyBuilder(shape.name);
  const numbers = builder.source('numbers', { topic: topics.numbers, key: stringSerde, value: numberedSerde });
  builder.sink('echo', { from: numbers, topic: topics.echo, key: stringSerde, value: numberedSerde });
  const totals = builder.processor('total', {
    from: numbers,
    stores: storesFor('key'),
    prefetch: ({ key }: StreamRecord<string, Numbered>) => ({ totals: [key] }),
    create: createTotalProcessor,
  });
  builder.sink('totals', { from: totals, topic: topics.totals, key: stringSerde, value: totalsSerde });
  const grouped = builder.processor('group', {
    from: numbers,
    create: (context: ProcessorContext<string, Numbered>) => ({
      process: (record: StreamRecord<string, Numbered>) => context.forward({ ...record, key: groupOf(record.key, shape) }),
    }),
  });
  const byGroup = regroup(builder, grouped, shape);
  const groupTotals = builder.processor('group-total', { from: byGroup, stores: storesFor('group'), create: createTotalProcessor });
  builder.sink('group-totals', { from: groupTotals, topic: topics.groupTotals, key: stringSerde, value: totalsSerde });
  return builder.build();
}

function regroup(builder: TopologyBuilder, grouped: Stream<string, Numbered>, shape: OracleShape): Stream<string, Numbered> {
  const spec = { from: grouped, key: stringSerde, value: numberedSerde };
  if (shape.isPurged) return builder.repartition(repartitionName, { ...spec, partitionCount: shape.partitionCount });
  const topic = oracleTopics(shape).byGroup;
  builder.sink('repartition', { ...spec, topic });
  return builder.source(repartitionName, { topic, key: stringSerde, value: numberedSerde });
}

/** Adds a number to totals. `isNew` when it was not among them. */
export function addNumber(totals: Totals | undefined, number: number, isNew: boolean): Totals {
  const count = (totals?.count ?? 0) + 1;
  const sum = (totals?.sum ?? 0) + number;
  return {
    count,
    sum,
    min: Math.min(totals?.min ?? number, number),
    max: Math.max(totals?.max ?? number, number),
    average: sum / count,
    distinct: (totals?.distinct ?? 0) + (isNew ? 1 : 0),
  };
}

interface TotalStores {
  readonly totals: KeyValueStore<string, Totals>;
  readonly seen: KeyValueStore<readonly [string, number], true>;
}

function storesFor(name: string) {
  return {
    totals: keyValueStore(`${name}-totals`, { key: stringKey, value: jsonSerde<Totals>() }),
    seen: keyValueStore(`${name}-seen`, { key: pairKey(stringKey, numberKey), value: jsonSerde<true>() }),
  };
}

function createTotalProcessor(context: ProcessorContext<string, RunningTotals, TotalStores>): Processor<string, Numbered> {
  const { stores } = context;
  return {
    process: ({ key, value: { index, number }, timestampMs }) => {
      const isNew = stores.seen.get([key, number]) === undefined;
      if (isNew) stores.seen.put([key, number], true);
      const totals = addNumber(stores.totals.get(key), number, isNew);
      stores.totals.put(key, totals);
      context.forward({ key, value: { ...totals, index }, timestampMs });
    },
  };
}
