import type { KeySerde } from '../../schemas/serde.ts';
import { windowBytes } from '../keys/windowed-keys.ts';
import type { LayeredStore } from '../layers/layered-store.ts';
import { mergedScan } from '../layers/merged-scan.ts';
import type { Windowed, WindowStore, WindowStoreSpec } from '../store.ts';
import type { StoreContext } from './store-context.ts';

/** True when a window that starts at `startMs` is behind the retention: `startMs <= streamTime - retention`, as in Kafka Streams. */
export function isWindowExpired(startMs: number, retentionMs: number, streamTimeMs: number): boolean {
  return startMs <= streamTimeMs - retentionMs;
}

/** Windows by key and start. Ends by stream time only: a put behind the retention is dropped and counted, a read does not show it. */
export class LayeredWindowStore<K, V> implements WindowStore<K, V> {
  readonly #layers: LayeredStore<Windowed<K>, V>;
  readonly #spec: WindowStoreSpec<K, V>;
  readonly #key: KeySerde<K>;
  readonly #context: StoreContext;

  constructor(layers: LayeredStore<Windowed<K>, V>, spec: WindowStoreSpec<K, V>, context: StoreContext) {
    this.#layers = layers;
    this.#spec = spec;
    this.#key = spec.key;
    this.#context = context;
  }

  put(key: K, value: V | undefined, windowStartMs: number): void {
    if (this.#isExpired(windowStartMs)) {
      this.#context.countLate(this.#spec.name);
      return;
    }
    const window = this.#window(key, windowStartMs);
    if (value === undefined) this.#layers.delete(window);
    else this.#layers.put(window, value);
  }

  fetch(key: K, windowStartMs: number): V | undefined {
    return this.#isExpired(windowStartMs) ? undefined : this.#layers.get(this.#window(key, windowStartMs));
  }

  /** Starts from `fromStartMs` to `toStartMs`, both inclusive. */
  *fetchRange(key: K, fromStartMs: number, toStartMs: number): Iterable<readonly [Windowed<K>, V]> {
    if (fromStartMs > toStartMs) return;
    const from = windowBytes(this.#key, key, fromStartMs);
    const to = windowBytes(this.#key, key, toStartMs + 1);
    for (const [bytes, value] of mergedScan(this.#layers, { from, to })) {
      const window = this.#layers.keySerde.decode(bytes);
      if (!this.#isExpired(window.startMs)) yield [window, value];
    }
  }

  /** All keys' windows with starts in [from, to], in key order. */
  *all(fromStartMs: number, toStartMs: number): Iterable<readonly [Windowed<K>, V]> {
    for (const [bytes, value] of mergedScan(this.#layers, { from: Buffer.alloc(0), to: undefined })) {
      const window = this.#layers.keySerde.decode(bytes);
      const inside = window.startMs >= fromStartMs && window.startMs <= toStartMs;
      if (inside && !this.#isExpired(window.startMs)) yield [window, value];
    }
  }

  #window(key: K, startMs: number): Windowed<K> {
    return { key, startMs, endMs: startMs + this.#spec.windowSizeMs };
  }

  #isExpired(startMs: number): boolean {
    return isWindowExpired(startMs, this.#spec.retentionMs, this.#context.streamTimeMs());
  }
}
