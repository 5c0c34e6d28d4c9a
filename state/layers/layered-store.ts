import assert from 'node:assert/strict';
import type { KeySerde, Serde } from '../../schemas/serde.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Backend, BackendBatch } from '../backend.ts';
import type { ChangelogEntry } from '../task-state.ts';
import { DirtyIndex } from './dirty-index.ts';
import { Entry, entryOverheadBytes } from './entry.ts';
import type { EntryId, LayerBytes } from './entry.ts';
import type { Evictable, LayerLedger } from './layer-ledger.ts';

export interface LayeredStoreOptions<K, V> {
  readonly name: string;
  /** Comes before every key of this store in the backend. */
  readonly prefix: Buffer;
  readonly key: KeySerde<K>;
  readonly value: Serde<V>;
  readonly changelog: boolean;
  readonly backend: Backend;
  readonly ledger: LayerLedger;
}

/** How often a store was asked and how often memory had no answer. */
export interface ReadCounts {
  readCount: number;
  missCount: number;
}

const firstSizeGuessBytes = 128;
/** Entries that one eviction looks at, at most. */
const maxEvictionSteps = 512;

/**
 * One store's entries through all layers (K1): cache, open, committed, flushing, over the backend. Owns no time and no positions.
 * Called by the store facades (get, put, delete, scans) and by `LayeredTaskState` (takeChangelog, fold, dropOpen, flush steps).
 * Values are decoded at the first read and serialized at the commit step, once a change.
 */
export class LayeredStore<K, V> implements Evictable {
  readonly name: string;
  readonly prefix: Buffer;
  readonly keySerde: KeySerde<K>;
  backend: Backend;
  readonly counts: ReadCounts = { readCount: 0, missCount: 0 };
  readonly dirty = new DirtyIndex<V>();
  cacheBytes = 0;
  /** Changes whenever entries were taken back or the backend changed underneath: what was learned of the store before may be wrong. */
  revision = 0;
  readonly #valueSerde: Serde<V>;
  readonly #primitive: boolean;
  readonly #changelog: boolean;
  readonly #ledger: LayerLedger;
  readonly #entries = new Map<EntryId, Entry<V>>();
  #open: Entry<V>[] = [];
  #committed: Entry<V>[] = [];
  #flushing: Entry<V>[] = [];
  #hand: Iterator<Entry<V>> | undefined;
  #usualSizeBytes = firstSizeGuessBytes;

  constructor(options: LayeredStoreOptions<K, V>) {
    this.name = options.name;
    this.prefix = options.prefix;
    this.keySerde = options.key;
    this.backend = options.backend;
    this.#valueSerde = options.value;
    this.#primitive = options.key.primitive === true;
    this.#changelog = options.changelog;
    this.#ledger = options.ledger;
    this.#ledger.register(this);
  }

  get(key: K): V | undefined {
    this.counts.readCount++;
    const encoded = this.#primitive ? undefined : this.keySerde.encode(key);
    const id = this.#idOf(key, encoded);
    const entry = this.#entries.get(id) ?? this.#add(id);
    entry.hot = true;
    if (!entry.known) this.#resolve(entry, encoded ?? entry.keyBytes ?? this.keySerde.encode(key));
    return entry.value;
  }

  put(key: K, value: V): void {
    this.#write(key, value);
  }

  delete(key: K): void {
    this.#write(key, undefined);
  }

  /** Deletes a key that a scan of the backend found. */
  deleteEncoded(keyBytes: Buffer): void {
    this.#write(this.keySerde.decode(keyBytes), undefined);
  }

  /** Reads what memory does not know with one native call. */
  prefetch(keys: readonly K[]): void {
    const wanted = this.missing(keys);
    if (wanted.length > 0)
      this.backend.getMany(wanted.map(([backendKey]) => backendKey)).forEach((bytes, index) => wanted[index]?.[1](bytes));
  }

  /** For each of `keys` that memory knows nothing of, once: its backend key and where its bytes go. */
  missing(keys: readonly K[]): (readonly [backendKey: Buffer, accept: (bytes: Buffer | undefined) => void])[] {
    const found = new Set<Entry<V>>();
    const backendKeys: (readonly [Buffer, (bytes: Buffer | undefined) => void])[] = [];
    for (const key of keys) {
      const encoded = this.#primitive ? undefined : this.keySerde.encode(key);
      const id = this.#idOf(key, encoded);
      const entry = this.#entries.get(id);
      if (entry !== undefined) {
        entry.hot = true;
        if (entry.known || entry.raw !== undefined || entry.isDirty() || found.has(entry)) continue;
      }
      const wanted = entry ?? this.#add(id);
      found.add(wanted);
      backendKeys.push([this.backendKey(encoded ?? this.keySerde.encode(key)), (bytes) => this.#accept(wanted, bytes)]);
    }
    return backendKeys;
  }

  /** What a read of an entry in a layer sees. */
  valueOf(entry: Entry<V>, keyBytes: Buffer): V | undefined {
    if (!entry.known) this.#resolve(entry, keyBytes);
    return entry.value;
  }

  /** A backend row as a scan sees it: the decoded value that is cached already, or a fresh one that is not kept. */
  valueOfRow(keyBytes: Buffer, bytes: Buffer): V | undefined {
    const id = this.#primitive ? this.#idOf(this.keySerde.decode(keyBytes), undefined) : keyBytes.toString('latin1');
    const entry = this.#entries.get(id);
    return entry?.known === true ? entry.value : this.#decode(bytes, keyBytes);
  }

  /** Every entry that is in a layer; for the first range scan of a store. */
  dirtyEntries(): Iterable<Entry<V>> {
    return new Set([...this.#open, ...this.#committed, ...this.#flushing]);
  }

  isDirty(keyBytes: Buffer): boolean {
    const id = this.#primitive ? this.#idOf(this.keySerde.decode(keyBytes), undefined) : keyBytes.toString('latin1');
    return this.#entries.get(id)?.isDirty() === true;
  }

  backendKey(keyBytes: Uint8Array): Buffer {
    const key = Buffer.allocUnsafe(this.prefix.length + keyBytes.length);
    key.set(this.prefix, 0);
    key.set(keyBytes, this.prefix.length);
    return key;
  }

  /** Appends the open layer to `into` (K2). Corrects the estimates of the ledger. @throws {SERDE_FAILED} */
  takeChangelog(into: ChangelogEntry[]): void {
    for (const entry of this.#open) {
      const key = keyOf(entry);
      if (entry.openBytes === undefined) this.#serialize(entry, key);
      if (this.#changelog) into.push({ store: this.name, key, value: entry.openBytes ?? null });
    }
  }

  /** open → committed. */
  fold(): void {
    for (const entry of this.#open) {
      assert(entry.openBytes !== undefined, `K2: ${this.name} was written between takeChangelog and fold`);
      if (entry.committedBytes === undefined) {
        this.#committed.push(entry);
        this.#ledger.unflushedCount++;
      }
      this.#ledger.unflushedBytes += sizeOf(entry.openBytes) - sizeOf(entry.committedBytes);
      this.#ledger.openBytes -= entry.sizeBytes;
      entry.committedBytes = entry.openBytes;
      entry.openBytes = undefined;
      entry.isOpen = false;
    }
    this.#ledger.openCount -= this.#open.length;
    this.#open = [];
  }

  /** Forgets the open layer (K4). Values are decoded anew afterwards, so even a value changed in place leaves no trace. */
  dropOpen(): void {
    this.revision += 1;
    for (const entry of this.#open) {
      this.#ledger.openBytes -= entry.sizeBytes;
      entry.openBytes = undefined;
      entry.isOpen = false;
      entry.value = undefined;
      entry.known = false;
      this.#settle(entry);
    }
    this.#ledger.openCount -= this.#open.length;
    this.#open = [];
  }

  /** committed → flushing. Returns how many entries there are to write. */
  beginFlush(): number {
    assert(this.#flushing.length === 0, 'one flush at a time');
    this.#flushing = this.#committed;
    this.#committed = [];
    for (const entry of this.#flushing) {
      entry.flushingBytes = entry.committedBytes;
      entry.committedBytes = undefined;
    }
    return this.#flushing.length;
  }

  /** Adds the flushing entries [from, to) to the batch. */
  addToBatch(batch: BackendBatch, from: number, to: number): void {
    const end = Math.min(to, this.#flushing.length);
    for (let index = from; index < end; index++) {
      const entry = this.#flushing[index];
      if (entry === undefined) continue;
      const key = this.backendKey(keyOf(entry));
      const bytes = entry.flushingBytes;
      if (bytes === null || bytes === undefined) batch.delete(key);
      else batch.put(key, bytes);
    }
  }

  /** The batch was written: the entries are the store's now. */
  endFlush(): void {
    for (const entry of this.#flushing) {
      this.#ledger.unflushedBytes -= sizeOf(entry.flushingBytes);
      entry.flushingBytes = undefined;
      this.#settle(entry);
    }
    this.#ledger.unflushedCount -= this.#flushing.length;
    this.#flushing = [];
  }

  /** The batch was not written: flushing → committed, unless a newer commit holds the key. */
  undoFlush(): void {
    for (const entry of this.#flushing) {
      if (entry.committedBytes === undefined) {
        entry.committedBytes = entry.flushingBytes;
        this.#committed.push(entry);
      } else {
        this.#ledger.unflushedBytes -= sizeOf(entry.flushingBytes);
        this.#ledger.unflushedCount--;
      }
      entry.flushingBytes = undefined;
    }
    this.#flushing = [];
  }

  /** Forgets every clean entry, for the backend changed underneath (restore, wipe). */
  forgetClean(): void {
    this.revision += 1;
    for (const [id, entry] of this.#entries) {
      if (entry.isDirty()) continue;
      this.#entries.delete(id);
      this.cacheBytes -= entryOverheadBytes + entry.sizeBytes;
    }
    this.#hand = undefined;
  }

  /** Forgets everything, the layers too, and goes on over another, empty backend (K5: after a wipe). */
  reset(backend: Backend): void {
    this.dropOpen();
    for (const entry of this.#committed) this.#ledger.unflushedBytes -= sizeOf(entry.committedBytes);
    this.#ledger.unflushedCount -= this.#committed.length;
    for (const entry of this.#committed) {
      entry.committedBytes = undefined;
      this.#settle(entry);
    }
    this.#committed = [];
    this.forgetClean();
    this.backend = backend;
  }

  evict(bytes: number): number {
    let freed = 0;
    for (let step = 0; step < maxEvictionSteps && freed < bytes; step++) {
      this.#hand ??= this.#entries.values();
      const next = this.#hand.next();
      if (next.done === true) {
        this.#hand = undefined;
        continue;
      }
      const entry = next.value;
      if (entry.hot || entry.isDirty()) {
        entry.hot = false;
        continue;
      }
      this.#entries.delete(entry.id);
      freed += entryOverheadBytes + entry.sizeBytes;
    }
    this.cacheBytes -= freed;
    return freed;
  }

  #write(key: K, value: V | undefined): void {
    const encoded = this.#primitive ? undefined : this.keySerde.encode(key);
    const id = this.#idOf(key, encoded);
    const entry = this.#entries.get(id) ?? this.#add(id);
    if (!entry.isOpen) this.#enterOpen(entry, encoded ?? this.keySerde.encode(key));
    entry.value = value;
    entry.known = true;
    entry.raw = undefined;
    entry.openBytes = undefined;
    entry.hot = true;
  }

  #enterOpen(entry: Entry<V>, keyBytes: Buffer): void {
    entry.keyBytes ??= this.#ledger.pages.keep(keyBytes);
    entry.isOpen = true;
    this.#open.push(entry);
    this.#ledger.openCount++;
    this.#ledger.openBytes += entry.sizeBytes;
    this.dirty.add(entry);
  }

  /** Drops what only an entry in a layer needs, once it is in none. */
  #settle(entry: Entry<V>): void {
    if (entry.isDirty()) return;
    this.dirty.remove(entry);
    entry.keyBytes = undefined;
  }

  #add(id: EntryId): Entry<V> {
    // First, so that it cannot evict the new entry, which the caller is about to write to.
    this.#ledger.makeRoom();
    const entry = new Entry<V>(id, this.#usualSizeBytes);
    this.#entries.set(id, entry);
    this.cacheBytes += entryOverheadBytes + entry.sizeBytes;
    return entry;
  }

  /** Takes a prefetched value. Decoded when somebody reads it, so bytes that do not decode fail the record that wants them. */
  #accept(entry: Entry<V>, bytes: Buffer | undefined): void {
    if (entry.known || entry.isDirty()) return;
    if (bytes === undefined) entry.known = true;
    else entry.raw = bytes;
  }

  /** Reads through the layers below open (K1). */
  #resolve(entry: Entry<V>, keyBytes: Buffer): void {
    let bytes: LayerBytes = entry.committedBytes;
    if (bytes === undefined) bytes = entry.flushingBytes;
    if (bytes === undefined) bytes = entry.raw;
    if (bytes === undefined) {
      this.counts.missCount++;
      bytes = this.backend.getMany([this.backendKey(keyBytes)])[0] ?? null;
    }
    entry.value = bytes === null ? undefined : this.#decode(bytes, keyBytes);
    entry.known = true;
    entry.raw = undefined;
    this.#resize(entry, sizeOf(bytes));
  }

  #decode(bytes: Buffer, keyBytes: Buffer): V {
    try {
      return this.#valueSerde.deserialize(bytes, keyBytes);
    } catch (error) {
      throw this.#serdeError('read', error);
    }
  }

  #serialize(entry: Entry<V>, keyBytes: Buffer): void {
    const bytes = entry.value === undefined ? null : this.#encode(entry.value, keyBytes);
    if (bytes === null) entry.value = undefined;
    entry.openBytes = bytes === null ? null : this.#ledger.pages.keep(bytes);
    const sizeBytes = sizeOf(entry.openBytes);
    this.#ledger.openBytes += sizeBytes - entry.sizeBytes;
    this.#resize(entry, sizeBytes);
    this.#usualSizeBytes += (sizeBytes - this.#usualSizeBytes) >> 4;
  }

  /** `null` for a value that may not be kept any more, since what it belongs to was deleted meanwhile: it goes, and the task goes on. */
  #encode(value: V, keyBytes: Buffer): Buffer | null {
    try {
      return this.#valueSerde.serialize(value, keyBytes);
    } catch (error) {
      if (error instanceof StepwrightError && error.disposition === 'drop') return null;
      throw this.#serdeError('written', error);
    }
  }

  #resize(entry: Entry<V>, sizeBytes: number): void {
    this.cacheBytes += sizeBytes - entry.sizeBytes;
    entry.sizeBytes = sizeBytes;
  }

  #serdeError(verb: string, cause: unknown): StepwrightError {
    if (cause instanceof StepwrightError) return cause;
    return new StepwrightError(
      'SERDE_FAILED',
      `A value of store ${this.name} cannot be ${verb} by its serde; check the store's declared types.`,
      {
        disposition: 'dead-letter',
        cause,
        context: { store: this.name },
      },
    );
  }

  #idOf(key: K, encoded: Buffer | undefined): EntryId {
    if (encoded !== undefined) return encoded.toString('latin1');
    if (typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint') return key;
    return this.keySerde.encode(key).toString('latin1');
  }
}

function keyOf(entry: Entry<unknown>): Buffer {
  assert(entry.keyBytes !== undefined, 'an entry in a layer holds its key');
  return entry.keyBytes;
}

function sizeOf(bytes: LayerBytes): number {
  return bytes === null || bytes === undefined ? 0 : bytes.length;
}
