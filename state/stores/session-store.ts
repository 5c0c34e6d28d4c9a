import { prefixEnd } from '../keys/order.ts';
import { encodePart } from '../keys/key-serdes.ts';
import { writeTime } from '../keys/windowed-keys.ts';
import type { LayeredStore } from '../layers/layered-store.ts';
import { mergedScan } from '../layers/merged-scan.ts';
import type { SessionStore, SessionStoreSpec, Windowed } from '../store.ts';
import { maxIndexedCount, SessionIndex } from './session-index.ts';
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
  readonly #index = new SessionIndex<K>();
  #indexedRevision = 0;

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
    if (value === undefined) return this.remove(session);
    this.#layers.put(session, value);
    this.#freshIndex().added(this.#idOf(session.key), session);
  }

  remove(session: Windowed<K>): void {
    this.#layers.delete(session);
    this.#freshIndex().removed(this.#idOf(session.key), session);
  }

  *findSessions(key: K, earliestEndMs: number, latestStartMs: number): Iterable<readonly [Windowed<K>, V]> {
    const isWanted = ({ startMs, endMs }: Windowed<K>): boolean =>
      endMs >= earliestEndMs && startMs <= latestStartMs && !this.#isExpired(endMs);
    const known = this.#freshIndex().find(this.#idOf(key));
    if (known === 'many') return yield* this.#scanFrom(key, earliestEndMs, latestStartMs);
    if (known === undefined) {
      const learned = this.#learn(key);
      if (learned === 'many') yield* this.#scanFrom(key, earliestEndMs, latestStartMs);
      else for (const [session, value] of learned) if (isWanted(session)) yield [session, value];
      return;
    }
    // A list of its own: the caller may put and remove while it goes through it.
    for (const session of known.filter(isWanted)) {
      const value = this.#layers.get(session);
      if (value !== undefined) yield [session, value];
    }
  }

  fetch(key: K): Iterable<readonly [Windowed<K>, V]> {
    return this.#scan(encodePart(this.#spec.key, key, 0), key);
  }

  /** Reads the key's sessions, and keeps which there are as far as they may be kept. */
  #learn(key: K): readonly (readonly [Windowed<K>, V])[] | 'many' {
    const found: (readonly [Windowed<K>, V])[] = [];
    for (const one of this.fetch(key)) {
      found.push(one);
      if (found.length > maxIndexedCount) break;
    }
    this.#freshIndex().keep(
      this.#idOf(key),
      found.map(([session]) => session),
    );
    return found.length > maxIndexedCount ? 'many' : found;
  }

  /** Empty when the layers have taken changes back, or have others underneath, since it was filled. */
  #freshIndex(): SessionIndex<K> {
    const { revision } = this.#layers;
    if (revision !== this.#indexedRevision) this.#index.clear();
    this.#indexedRevision = revision;
    return this.#index;
  }

  #idOf(key: K): unknown {
    return this.#spec.key.primitive === true ? key : this.#spec.key.encode(key).toString('latin1');
  }

  *#scanFrom(key: K, earliestEndMs: number, latestStartMs: number): Generator<readonly [Windowed<K>, V]> {
    const from = encodePart(this.#spec.key, key, 8);
    writeTime(from, earliestEndMs, from.length - 8);
    for (const found of this.#scan(from, key)) if (found[0].startMs <= latestStartMs) yield found;
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
