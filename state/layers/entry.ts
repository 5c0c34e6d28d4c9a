/** What a key is looked up by: the key itself when its serde says `primitive`, else its bytes as a latin1 string. */
export type EntryId = string | number | bigint;

/** Bytes of a layer: a value, `null` for a delete, `undefined` when the layer does not hold the key. */
export type LayerBytes = Buffer | null | undefined;

/**
 * One key of one store, in memory. It is cache line and layer slots in one object, so that a read of a hot key is one map lookup.
 * `value` is what a read sees; `known` says whether it is set (undefined then means: there is no such key).
 */
export class Entry<V> {
  readonly id: EntryId;
  value: V | undefined = undefined;
  known = false;
  /** Prefetched store bytes that nobody decoded yet. */
  raw: Buffer | undefined = undefined;
  /** In the open layer (K1). */
  isOpen = false;
  /** Serialized open value; undefined until the commit step asks for it. */
  openBytes: LayerBytes = undefined;
  committedBytes: LayerBytes = undefined;
  flushingBytes: LayerBytes = undefined;
  /** Encoded key without store prefix; held only while the entry is in a layer. */
  keyBytes: Buffer | undefined = undefined;
  /** Used since the clock's hand last passed. */
  hot = true;
  /** Last known size of the encoded value. */
  sizeBytes: number;

  constructor(id: EntryId, sizeBytes: number) {
    this.id = id;
    this.sizeBytes = sizeBytes;
  }

  /** In any layer: it must stay in memory. */
  isDirty(): boolean {
    return this.isOpen || this.committedBytes !== undefined || this.flushingBytes !== undefined;
  }
}

/** Rough cost of an entry besides its value: the object, its map slot, its key. */
export const entryOverheadBytes = 250;
