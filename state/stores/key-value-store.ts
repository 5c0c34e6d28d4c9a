import { prefixEnd } from '../keys/order.ts';
import type { LayeredStore } from '../layers/layered-store.ts';
import { mergedScan } from '../layers/merged-scan.ts';
import type { KeyValueStore, RangeOptions } from '../store.ts';

/** A key-value store straight on the layers. */
export function createKeyValueStore<K, V>(layers: LayeredStore<K, V>): KeyValueStore<K, V> {
  return {
    get: (key) => layers.get(key),
    getMany: (keys) => {
      layers.prefetch(keys);
      return keys.map((key) => layers.get(key));
    },
    put: (key, value) => layers.put(key, value),
    delete: (key) => layers.delete(key),
    range: (from, to, options) => scan(layers, boundOf(layers, from), to === undefined ? undefined : layers.keySerde.encode(to), options),
    prefixScan: (prefix, options) => scan(layers, prefix, prefixEnd(prefix), options),
  };
}

function boundOf<K, V>(layers: LayeredStore<K, V>, from: K | undefined): Buffer {
  return from === undefined ? Buffer.alloc(0) : layers.keySerde.encode(from);
}

function* scan<K, V>(
  layers: LayeredStore<K, V>,
  from: Buffer,
  to: Buffer | undefined,
  options: RangeOptions = {},
): Generator<readonly [K, V]> {
  for (const [keyBytes, value] of mergedScan(layers, { from, to, ...options })) yield [layers.keySerde.decode(keyBytes), value];
}
