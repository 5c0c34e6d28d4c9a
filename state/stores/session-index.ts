import type { Windowed } from '../store.ts';

/** A key with more sessions than this is scanned each time: a scan can begin where the sessions that matter begin, a list cannot. */
export const maxIndexedCount = 32;
/** Sessions of one generation; there are two. About 120 bytes each. */
const generationCount = 65_536;

/** `many`: more than are kept. */
type Sessions<K> = readonly Windowed<K>[] | 'many';

/**
 * Which sessions a key has, for keys that come again: finding them costs a scan of the store once and not at every record. Only a cache, in two generations: what was not asked for
 * during a whole generation goes. Its owner tells it of every change and clears it when changes are taken back. Holds no values.
 */
export class SessionIndex<K> {
  #young = new Map<unknown, Sessions<K>>();
  #old = new Map<unknown, Sessions<K>>();
  #youngCount = 0;

  /** All sessions of the key, by end and start; undefined when nothing is known of it. */
  find(id: unknown): Sessions<K> | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old !== undefined) this.keep(id, old);
    return old;
  }

  /** Takes over what a scan of the whole key found. */
  keep(id: unknown, sessions: Sessions<K>): void {
    if (this.#youngCount >= generationCount) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCount = 0;
    }
    const kept = sessions.length > maxIndexedCount ? 'many' : sessions;
    this.#youngCount += weightOf(kept) - weightOf(this.#young.get(id));
    this.#young.set(id, kept);
  }

  added(id: unknown, session: Windowed<K>): void {
    const known = this.find(id);
    if (known === undefined || known === 'many') return;
    const at = known.findIndex((one) => compare(one, session) >= 0);
    const next = at < 0 ? undefined : known[at];
    if (next !== undefined && compare(next, session) === 0) return;
    this.keep(id, at < 0 ? [...known, session] : known.toSpliced(at, 0, session));
  }

  removed(id: unknown, session: Windowed<K>): void {
    const known = this.find(id);
    if (known === undefined || known === 'many') return;
    this.keep(
      id,
      known.filter((one) => compare(one, session) !== 0),
    );
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngCount = 0;
  }
}

/** An entry takes room too, whatever is in it. */
function weightOf(sessions: Sessions<unknown> | undefined): number {
  if (sessions === undefined) return 0;
  return sessions === 'many' ? 1 : 1 + sessions.length;
}

/** The order of session keys in a store. */
function compare(one: Windowed<unknown>, other: Windowed<unknown>): number {
  return one.endMs - other.endMs || one.startMs - other.startMs;
}
