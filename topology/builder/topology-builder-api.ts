import type { KeySerde, Serde } from '../../schemas/serde.ts';
import type { GlobalStore } from './global-store.ts';
import type { SubTopology } from './sub-topology.ts';
import type { Processor, ProcessorContext, StoresOf, StoreSpecs, StreamRecord } from './processor.ts';

/** A typed handle of a node's output. */
export interface Stream<K, V> {
  readonly nodeName: string;
  /** Phantom: fixes the types, holds nothing. */
  readonly record?: StreamRecord<K, V>;
}

export interface SourceSpec<K, V> {
  readonly topic: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** Default: the record's timestamp. */
  readonly timestampOf?: (record: StreamRecord<K, V>) => number;
}

export interface ProcessorSpec<KIn, VIn, KOut, VOut, Specs extends StoreSpecs> {
  readonly from: Stream<KIn, VIn> | readonly Stream<KIn, VIn>[];
  readonly stores?: Specs;
  /** Needed by a processor that sets timers: the node then keeps them in a changelogged store of its own, `<node>-timers`. */
  readonly timerKey?: KeySerde<KIn>;
  /** Called once a task. Annotate `context` to fix the types of the output. */
  readonly create: (context: ProcessorContext<KOut, VOut, StoresOf<Specs>>) => Processor<KIn, VIn>;
  /**
   * Store keys that a record will read, for the batch prefetch: one native call for all records of a batch. Asked of nodes right behind
   * a source only, since no other input is known before its turn. Default: none.
   */
  readonly prefetch?: (record: StreamRecord<KIn, VIn>) => Partial<Record<keyof Specs, readonly unknown[]>>;
}

/**
 * `mapAsync`: runs `map` for each record, in order a key, keys concurrently up to `concurrencyCount`. In-flight and queued records are
 * kept in a changelogged store of the node, so offsets move past them; restore issues them again. `map` is idempotent and touches no store.
 */
export interface MapAsyncSpec<K, VIn, VOut> {
  readonly from: Stream<K, VIn>;
  /** Keys that run at a time. */
  readonly concurrencyCount: number;
  readonly key: KeySerde<K>;
  readonly input: Serde<VIn>;
  /** A rejection is classified by its disposition: `retry` again with back-off, `dead-letter` by reference, else rebuild the task. */
  readonly map: (record: StreamRecord<K, VIn>, signal: AbortSignal) => Promise<VOut>;
  /** Records for which this is true skip `map` (still in order behind their key) and are passed as `bypass` makes of them. */
  readonly bypass?: (record: StreamRecord<K, VIn>) => VOut | undefined;
}

export interface OutputSinkSpec<K, V> {
  readonly from: Stream<K, V> | readonly Stream<K, V>[];
  readonly topic: string;
  readonly key: Serde<K>;
  /** `undefined` of `value.serialize` is not possible: a tombstone is `tombstoneWhen`. */
  readonly value: Serde<V>;
  readonly tombstoneWhen?: (record: StreamRecord<K, V>) => boolean;
  /** Default: murmur2 of the key bytes, as Kafka does. */
  readonly partitionOf?: (record: StreamRecord<K, V>, partitionCount: number) => number;
  /** Declares that `topic` is read by this topology upstream of this sink (T3). A cycle through the log is refused without it. */
  readonly feedback?: true;
}

/** `repartition`: records go through a topic of the engine's own, so that equal keys meet in one task, whatever task they came from. */
export interface RepartitionSpec<K, V> {
  readonly from: Stream<K, V> | readonly Stream<K, V>[];
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** Default: that of the other topics the reading sub-topology reads, else the largest that is read upstream. It cannot be changed later. */
  readonly partitionCount?: number;
  /** Default: murmur2 of the key bytes, as Kafka does. */
  readonly partitionOf?: (record: StreamRecord<K, V>, partitionCount: number) => number;
}

/** A table that every instance has whole. Its topic is best compacted and is read by no source of the same topology. */
export interface GlobalStoreSpec<K, V> {
  readonly topic: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** How keys lie in the store, which fixes the order of scans. */
  readonly storeKey: KeySerde<K>;
}

/** The declaring half of the engine; `createTopologyBuilder(applicationName)` makes one. */
export interface TopologyBuilder {
  source<K, V>(name: string, spec: SourceSpec<K, V>): Stream<K, V>;
  processor<KIn, VIn, KOut, VOut, Specs extends StoreSpecs = Record<never, never>>(
    name: string,
    spec: ProcessorSpec<KIn, VIn, KOut, VOut, Specs>,
  ): Stream<KOut, VOut>;
  mapAsync<K, VIn, VOut>(name: string, spec: MapAsyncSpec<K, VIn, VOut>): Stream<K, VOut>;
  sink<K, V>(name: string, spec: OutputSinkSpec<K, V>): void;
  /**
   * Sends records through the topic `<application>-<name>-repartition`, which the app creates, and purges behind what was read. The nodes are
   * the sink `<name>-sink` and the source `<name>`.
   */
  repartition<K, V>(name: string, spec: RepartitionSpec<K, V>): Stream<K, V>;
  /**
   * Every instance reads all partitions of `topic` into a store of its own: up to the end before its tasks begin, then as it grows. Processors
   * read it by `context.globalStore`. What they read depends on when they run, so a replay may see a newer table (T1 holds without it only).
   */
  globalStore<K, V>(name: string, spec: GlobalStoreSpec<K, V>): GlobalStore<K, V>;
  /** @throws {TOPOLOGY_INVALID} on cycles, unknown or duplicate names, a store shared in a way that cannot be co-partitioned. */
  build(): Topology;
}

export interface TopologyDescription {
  readonly subTopologies: readonly {
    readonly id: number;
    readonly nodes: readonly {
      readonly name: string;
      readonly type: 'source' | 'processor' | 'map-async' | 'sink';
      readonly topic?: string;
      readonly stores: readonly string[];
      readonly children: readonly string[];
    }[];
    readonly sourceTopics: readonly string[];
    readonly sinkTopics: readonly string[];
    readonly changelogs: readonly string[];
  }[];
  readonly globalStores: readonly { readonly name: string; readonly topic: string }[];
}

/** A validated, immutable topology. */
export interface Topology {
  readonly applicationName: string;
  /** What the runtime makes tasks of. */
  readonly subTopologies: readonly SubTopology[];
  readonly globalStores: readonly GlobalStore<unknown, unknown>[];
  describe(): TopologyDescription;
  /** Kafka Streams' own text layout, or a Mermaid flowchart. */
  describeAs(format: 'text' | 'mermaid'): string;
}
