import type { KeySerde, Serde } from '../../schemas/serde.ts';
import type { KeyValueStoreSpec } from '../../state/store.ts';
import type { InFlightEntry, TimerEntry } from './internal-stores.ts';
import type { Processor, ProcessorContext, StoreSpecs, StreamRecord } from './processor.ts';

/**
 * Declared nodes with their types erased. Functions are declared with method syntax: the builder has checked them against the typed
 * handles, so that a node is only ever called with records of the types it was declared for.
 */
export interface SourceDefinition {
  readonly type: 'source';
  readonly name: string;
  readonly parents: readonly [];
  readonly topic: string;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
  /** The topic is the engine's own: created by the app and purged behind what was read. */
  readonly repartition?: { readonly partitionCount: number | undefined };
  timestampOf?(record: StreamRecord<unknown, unknown>): number;
}

export interface ProcessorDefinition {
  readonly type: 'processor';
  readonly name: string;
  readonly parents: readonly string[];
  readonly stores: StoreSpecs;
  /** The store of its timers; undefined for a processor without `timerKey`. */
  readonly timerStore: KeyValueStoreSpec<unknown, readonly TimerEntry[]> | undefined;
  create(context: ProcessorContext<unknown, unknown, unknown>): Processor<unknown, unknown>;
  prefetch?(record: StreamRecord<unknown, unknown>): Readonly<Record<string, readonly unknown[] | undefined>>;
}

export interface MapAsyncDefinition {
  readonly type: 'map-async';
  readonly name: string;
  readonly parents: readonly string[];
  readonly inFlightStore: KeyValueStoreSpec<number, InFlightEntry>;
  readonly concurrencyCount: number;
  readonly key: KeySerde<unknown>;
  readonly input: Serde<unknown>;
  map(record: StreamRecord<unknown, unknown>, signal: AbortSignal): Promise<unknown>;
  bypass?(record: StreamRecord<unknown, unknown>): unknown;
}

export interface SinkDefinition {
  readonly type: 'sink';
  readonly name: string;
  readonly parents: readonly string[];
  readonly topic: string;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
  readonly feedback: boolean;
  tombstoneWhen?(record: StreamRecord<unknown, unknown>): boolean;
  partitionOf?(record: StreamRecord<unknown, unknown>, partitionCount: number): number;
}

export type NodeDefinition = SourceDefinition | ProcessorDefinition | MapAsyncDefinition | SinkDefinition;
