import { prefixEnd } from '../keys/order.ts';
import { encodePart } from '../keys/key-serdes.ts';
import { writeTime } from '../keys/windowed-keys.ts';
import type { LayeredStore } from '../layers/layered-store.ts';
import { mergedScan } from '../layers/merged-scan.ts';
import type { SessionStore, SessionStoreSpec, Windowed } from '../store.ts';
import type { StoreContext } from './store-context.ts';

/** True when a session that ended at `endMs` is behind the retention. */
export function isSessionExpired(endMs: number, retentionMs: number, streamTimeMs: number): boolean {
  return endMs <= streamTimeMs - retentionMs;
}

/** Sessions by key, end and start. A put behind the retention is dropped and counted. */
export class LayeredSessionStore<K, V> implements SessionStore<K, V> {
  readonly #layers: LayeredStore<Windowed<K>, V>;
  readonly #spec: SessionStoreSpec<K, V>;
  readonly #context: StoreContext;

  constructor(layers: LayeredStore<Windowed<K>, V>, spec: SessionStoreSpec<K, V>, context: StoreContext) {
    this.#layers = layers;
    this.#spec = spec;
    this.#context = context;
  }

  put(session: Windowed<K>, value: V | undefined): void {
    if (this.#isExpired(session.endMs)) {
      this.#context.countLate(this.#spec.name);
      return;
    }
    if (value === undefined) this.#layers.delete(session);
    else this.#layers.put(session, value);
  }

  remove(session: Windowed<K>): void {
    this.#layers.delete(session);
  }

  *findSessions(key: K, earliestEndMs: number, latestStartMs: number): Iterable<readonly [Windowed<K>, V]> {
    const from = encodePart(this.#spec.key, key, 8);
    writeTime(from, earliestEndMs, from.length - 8);
    for (const found of this.#scan(from, key)) if (found[0].startMs <= latestStartMs) yield found;
  }

  fetch(key: K): Iterable<readonly [Windowed<K>, V]> {
    return this.#scan(encodePart(this.#spec.key, key, 0), key);
  }

  *#scan(from: Buffer, key: K): Generator<readonly [Windowed<K>, V]> {
    const to = prefixEnd(encodePart(this.#spec.key, key, 0));
    for (const [bytes, value] of mergedScan(this.#layers, { from, to })) {
      const session = this.#layers.keySerde.decode(bytes);
      if (!this.#isExpired(session.endMs)) yield [session, value];
    }
  }

  #isExpired(endMs: number): boolean {
    return isSessionExpired(endMs, this.#spec.retentionMs, this.#context.streamTimeMs());
  }
}
