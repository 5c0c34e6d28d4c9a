import type { KeyValueStoreSpec, RangeOptions, StoreSpec, TtlStoreSpec } from '../../../state/store.ts';
import type { TopicPartitionOffset } from '../../log/log.ts';
import type { ReadOnlyStoreOf } from './read-only.ts';

export interface QueryOptions {
  /** Copies answer too, where the task itself is not here. They may be some seconds old; `atLeast` says how old they may not be. Default false. */
  readonly withStandbys?: boolean;
  /**
   * The answer must include everything before these positions, as producers and earlier answers give them: of input partitions for a task, of
   * changelog partitions for a copy (a copy does not know how far the inputs were read), of its topic for a global store.
   */
  readonly atLeast?: readonly TopicPartitionOffset[];
}

export interface KeyQueryOptions extends QueryOptions {
  /** Where the key is, for keys that were not spread by murmur2 of their bytes. */
  readonly partition?: number;
}

export interface ScanQueryOptions extends QueryOptions, RangeOptions {
  /** Default: all partitions that are here. */
  readonly partition?: number;
}

/** A refusal is an answer: the caller asks elsewhere (`not-here`, see `keyOwner`) or again (`behind`). */
export type QueryAnswer<T> =
  | {
      readonly kind: 'ok';
      readonly value: T;
      /** What the answer includes: pass it as `atLeast` to never see an older one. */
      readonly position: readonly TopicPartitionOffset[];
    }
  | { readonly kind: 'not-here' }
  | { readonly kind: 'behind'; readonly position: readonly TopicPartitionOffset[] };

/**
 * Read-only view of one store in all tasks of this process that have it. It sees what tasks have processed, also what their open transaction may
 * still drop; an answer is made within one turn of the process, so it is of one moment.
 */
export interface StoreView<Spec> {
  readonly name: string;
  /** Partitions that this process can answer for now. */
  partitions(options?: QueryOptions): readonly number[];
  /** Anything, on one partition; `read` must not keep the store. */
  read<T>(partition: number, read: (store: ReadOnlyStoreOf<Spec>) => T, options?: QueryOptions): QueryAnswer<T>;
}

/** … of key-value stores, with and without TTL. */
export interface KeyValueView<K, V> extends StoreView<KeyValueStoreSpec<K, V>> {
  get(key: K, options?: KeyQueryOptions): QueryAnswer<V | undefined>;
  /** Keys from `from` (inclusive) to `to` (exclusive) in encoded order, of all partitions together. */
  range(from: K | undefined, to: K | undefined, options?: ScanQueryOptions): QueryAnswer<readonly (readonly [K, V])[]>;
  all(options?: ScanQueryOptions): QueryAnswer<readonly (readonly [K, V])[]>;
}

export type ViewOf<Spec> =
  Spec extends TtlStoreSpec<infer K, infer V>
    ? KeyValueView<K, V>
    : Spec extends KeyValueStoreSpec<infer K, infer V>
      ? KeyValueView<K, V>
      : Spec extends StoreSpec<unknown, unknown>
        ? StoreView<Spec>
        : never;
