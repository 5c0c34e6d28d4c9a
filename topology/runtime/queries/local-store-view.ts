import type { AnyStore, ReadOnlyKeyValueStore, StoreSpec } from '../../../state/store.ts';
import { changelogTopic } from '../../builder/names.ts';
import { isBehind, localPartitions, type LocalPartition, type LocalPartitionsOptions } from './local-partition.ts';
import { readOnly, readOnlyKeyValue } from './read-only.ts';
import type { KeyQueryOptions, QueryAnswer, QueryOptions, ScanQueryOptions } from './store-query.ts';

export interface LocalStoreViewOptions extends LocalPartitionsOptions {
  readonly spec: StoreSpec<unknown, unknown>;
  partitionOf(key: unknown): number;
}

type Entry = readonly [unknown, unknown];

/** The one view behind all types of `StoreView`; the app hands it out under the types of the spec. */
export class LocalStoreView {
  readonly name: string;
  readonly #options: LocalStoreViewOptions;

  constructor(options: LocalStoreViewOptions) {
    this.name = options.store;
    this.#options = options;
  }

  partitions(options: QueryOptions = {}): readonly number[] {
    return localPartitions(this.#options, options).map(({ partition }) => partition);
  }

  read<T>(partition: number, read: (store: ReadOnlyKeyValueStore<unknown, unknown>) => T, options: QueryOptions = {}): QueryAnswer<T> {
    return this.#answer(partition, options, (store) => read(readOnly(store)));
  }

  get(key: unknown, options: KeyQueryOptions = {}): QueryAnswer<unknown> {
    const partition = options.partition ?? (this.#options.subTopology === undefined ? 0 : this.#options.partitionOf(key));
    return this.#answer(partition, options, (store) => keyValueOf(store).get(key));
  }

  all(options: ScanQueryOptions = {}): QueryAnswer<readonly Entry[]> {
    return this.range(undefined, undefined, options);
  }

  range(from: unknown, to: unknown, options: ScanQueryOptions = {}): QueryAnswer<readonly Entry[]> {
    const { limitCount, reverse } = options;
    const bounds = { ...(limitCount !== undefined && { limitCount }), ...(reverse !== undefined && { reverse }) };
    const local = localPartitions(this.#options, options).filter(({ partition }) => (options.partition ?? partition) === partition);
    if (local.length === 0) return { kind: 'not-here' };
    const position = local.flatMap((one) => one.position);
    if (local.some((one) => this.#isBehind(one, options))) return { kind: 'behind', position };
    const parts = local.map(({ state }) => [...keyValueOf(storeOf(state, this.name)).range(from, to, bounds)]);
    return { kind: 'ok', value: this.#merge(parts, options), position };
  }

  #answer<T>(partition: number, options: QueryOptions, read: (store: AnyStore) => T): QueryAnswer<T> {
    const local = localPartitions(this.#options, options).find((one) => one.partition === partition);
    if (local === undefined) return { kind: 'not-here' };
    const { position } = local;
    if (this.#isBehind(local, options)) return { kind: 'behind', position };
    return { kind: 'ok', value: read(storeOf(local.state, this.name)), position };
  }

  #isBehind(local: LocalPartition, options: QueryOptions): boolean {
    const { applicationName, store } = this.#options;
    const changelog = changelogTopic(applicationName, store);
    return isBehind(local, options, changelog, !local.position.some(({ topic }) => topic === changelog));
  }

  /** In encoded order, as one partition has them. */
  #merge(parts: readonly (readonly Entry[])[], { reverse = false, limitCount = Infinity }: ScanQueryOptions): readonly Entry[] {
    if (parts.length === 1) return parts[0] ?? [];
    const { key: serde } = this.#options.spec;
    const rows = parts.flat().map((entry) => ({ entry, bytes: serde.encode(entry[0]) }));
    rows.sort((left, right) => left.bytes.compare(right.bytes) * (reverse ? -1 : 1));
    return rows.slice(0, limitCount).map(({ entry }) => entry);
  }
}

function storeOf(state: LocalPartition['state'], name: string): AnyStore {
  const store = state.storeByName(name);
  if (store === undefined) throw new RangeError(`the task has no store "${name}"`);
  return store;
}

function keyValueOf(store: AnyStore): ReadOnlyKeyValueStore<unknown, unknown> {
  if ('getMany' in store) return readOnlyKeyValue(store);
  throw new RangeError('windows and sessions are read with read()');
}
