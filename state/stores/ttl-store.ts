import type { Serde } from '../../schemas/serde.ts';
import { readTime, writeTime } from '../keys/windowed-keys.ts';
import { prefixEnd } from '../keys/order.ts';
import type { LayeredStore } from '../layers/layered-store.ts';
import { mergedScan } from '../layers/merged-scan.ts';
import type { RangeOptions, Timestamped, TtlKeyValueStore } from '../store.ts';
import type { StoreContext } from './store-context.ts';

const timestampBytes = 8;

/** The write time stands before the value's bytes, outside any seal, so that expired rows are found without opening them. */
export function timestampedSerde<V>(value: Serde<V>): Serde<Timestamped<V>> {
  return {
    serialize: (stamped, key) => {
      const body = value.serialize(stamped.value, key);
      const bytes = Buffer.allocUnsafe(timestampBytes + body.length);
      writeTime(bytes, stamped.timestampMs, 0);
      bytes.set(body, timestampBytes);
      return bytes;
    },
    deserialize: (bytes, key) => ({
      timestampMs: readTime(bytes, 0),
      value: value.deserialize(bytes.subarray(timestampBytes), key),
    }),
  };
}

/** True when a TTL row ended before the stream time. */
export function isTtlRowExpired(value: Buffer, ttlMs: number, streamTimeMs: number): boolean {
  return readTime(value, 0) + ttlMs <= streamTimeMs;
}

/** A key-value store whose entries end by stream time. Reads never show an ended entry, whether or not the sweep has deleted it. */
export class TtlStore<K, V> implements TtlKeyValueStore<K, V> {
  readonly #layers: LayeredStore<K, Timestamped<V>>;
  readonly #ttlMs: number;
  readonly #context: StoreContext;

  constructor(layers: LayeredStore<K, Timestamped<V>>, ttlMs: number, context: StoreContext) {
    this.#layers = layers;
    this.#ttlMs = ttlMs;
    this.#context = context;
  }

  get(key: K): V | undefined {
    return this.#live(this.#layers.get(key));
  }

  getMany(keys: readonly K[]): (V | undefined)[] {
    this.#layers.prefetch(keys);
    return keys.map((key) => this.get(key));
  }

  put(key: K, value: V, timestampMs: number = this.#context.streamTimeMs()): void {
    this.#layers.put(key, { value, timestampMs });
  }

  delete(key: K): void {
    this.#layers.delete(key);
  }

  range(from: K | undefined, to: K | undefined, options?: RangeOptions): Iterable<readonly [K, V]> {
    const serde = this.#layers.keySerde;
    const start = from === undefined ? Buffer.alloc(0) : serde.encode(from);
    return this.#scan(start, to === undefined ? undefined : serde.encode(to), options);
  }

  prefixScan(prefix: Buffer, options?: RangeOptions): Iterable<readonly [K, V]> {
    return this.#scan(prefix, prefixEnd(prefix), options);
  }

  *#scan(from: Buffer, to: Buffer | undefined, options: RangeOptions = {}): Generator<readonly [K, V]> {
    let left = options.limitCount ?? Number.POSITIVE_INFINITY;
    if (left <= 0) return;
    for (const [keyBytes, stamped] of mergedScan(this.#layers, { from, to, reverse: options.reverse === true })) {
      const value = this.#live(stamped);
      if (value === undefined) continue;
      yield [this.#layers.keySerde.decode(keyBytes), value];
      if (--left <= 0) return;
    }
  }

  #live(stamped: Timestamped<V> | undefined): V | undefined {
    if (stamped === undefined || stamped.timestampMs + this.#ttlMs <= this.#context.streamTimeMs()) return undefined;
    return stamped.value;
  }
}
