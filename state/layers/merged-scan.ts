import type { BackendCursor } from '../backend.ts';
import { prefixEnd } from '../keys/order.ts';
import type { LayeredStore } from './layered-store.ts';
import { successor } from './sorted-keys.ts';

/** Encoded keys without store prefix; `from` inclusive, `to` exclusive, undefined for the end of the store. */
export interface ScanRange {
  readonly from: Buffer;
  readonly to: Buffer | undefined;
  readonly reverse?: boolean;
  readonly limitCount?: number;
}

interface Row {
  readonly order: string;
  readonly key: Buffer;
  readonly value: Buffer;
}

const firstChunkCount = 16;
const chunkCount = 256;

/**
 * The rows of a range through all layers (K1), in key order: the layers' entries hide the backend's rows of the same key.
 * The caller may write to the store between two rows: what stands ahead is seen, what stands behind is not. The backend cursor is closed
 * when the loop ends, breaks or throws.
 */
export function* mergedScan<K, V>(store: LayeredStore<K, V>, range: ScanRange): Generator<readonly [keyBytes: Buffer, value: V]> {
  store.dirty.activate(() => store.dirtyEntries());
  const rows = new RowReader(store, range);
  const walk = range.reverse === true ? new BackwardWalk(store, range) : new ForwardWalk(store, range);
  let left = range.limitCount ?? Number.POSITIVE_INFINITY;
  try {
    while (left > 0) {
      const row = rows.peek();
      const layerOrder = walk.nextLayerOrder();
      if (row === undefined && layerOrder === undefined) return;
      const found = isNext(walk, row, layerOrder) ? takeRow(store, walk, rows, row) : takeLayer(store, walk, rows, layerOrder ?? '');
      if (found === undefined) continue;
      left--;
      yield found;
    }
  } finally {
    rows.close();
  }
}

interface Walk {
  nextLayerOrder(): string | undefined;
  isAhead(one: string, other: string): boolean;
  pass(order: string): void;
}

/** Whether the backend's row comes before the layers' next key. */
function isNext(walk: Walk, row: Row | undefined, layerOrder: string | undefined): row is Row {
  return row !== undefined && (layerOrder === undefined || walk.isAhead(row.order, layerOrder));
}

function takeRow<K, V>(store: LayeredStore<K, V>, walk: Walk, rows: RowReader<K, V>, row: Row): readonly [Buffer, V] | undefined {
  walk.pass(row.order);
  rows.skip();
  const value = store.valueOfRow(row.key, row.value);
  return value === undefined ? undefined : [row.key, value];
}

function takeLayer<K, V>(store: LayeredStore<K, V>, walk: Walk, rows: RowReader<K, V>, order: string): readonly [Buffer, V] | undefined {
  walk.pass(order);
  if (rows.peek()?.order === order) rows.skip();
  return layerRow(store, order);
}

function layerRow<K, V>(store: LayeredStore<K, V>, order: string): readonly [Buffer, V] | undefined {
  const entry = store.dirty.entry(order);
  const key = entry?.keyBytes;
  if (entry === undefined || key === undefined) return undefined;
  const value = store.valueOf(entry, key);
  return value === undefined ? undefined : [key, value];
}

/** Where the scan stands among the layers' keys, upwards. */
class ForwardWalk<K, V> implements Walk {
  readonly #store: LayeredStore<K, V>;
  readonly #to: string | undefined;
  #next: string;

  constructor(store: LayeredStore<K, V>, range: ScanRange) {
    this.#store = store;
    this.#next = range.from.toString('latin1');
    this.#to = range.to?.toString('latin1');
  }

  nextLayerOrder(): string | undefined {
    const order = this.#store.dirty.atOrAfter(this.#next);
    return order !== undefined && (this.#to === undefined || order < this.#to) ? order : undefined;
  }

  isAhead(one: string, other: string): boolean {
    return one < other;
  }

  pass(order: string): void {
    this.#next = successor(order);
  }
}

/** The same, downwards. */
class BackwardWalk<K, V> implements Walk {
  readonly #store: LayeredStore<K, V>;
  readonly #from: string;
  #before: string | undefined;

  constructor(store: LayeredStore<K, V>, range: ScanRange) {
    this.#store = store;
    this.#from = range.from.toString('latin1');
    this.#before = range.to?.toString('latin1');
  }

  nextLayerOrder(): string | undefined {
    const order = this.#before === undefined ? this.#store.dirty.last() : this.#store.dirty.before(this.#before);
    return order !== undefined && order >= this.#from ? order : undefined;
  }

  isAhead(one: string, other: string): boolean {
    return one > other;
  }

  pass(order: string): void {
    this.#before = order;
  }
}

/** The backend's side of a scan, one row at a time. */
class RowReader<K, V> {
  readonly #cursor: BackendCursor;
  readonly #prefixBytes: number;
  #rows: readonly Buffer[] = [];
  #at = 0;
  #count = firstChunkCount;
  #head: Row | undefined;

  constructor(store: LayeredStore<K, V>, range: ScanRange) {
    this.#prefixBytes = store.prefix.length;
    const to =
      range.to === undefined ? (prefixEnd(store.prefix) ?? Buffer.alloc(store.prefix.length + 1, 0xff)) : store.backendKey(range.to);
    this.#cursor = store.backend.scan({ from: store.backendKey(range.from), to, reverse: range.reverse === true });
  }

  peek(): Row | undefined {
    if (this.#head !== undefined) return this.#head;
    if (this.#at >= this.#rows.length) {
      if (this.#cursor.isDone) return undefined;
      this.#rows = this.#cursor.next(this.#count);
      this.#count = chunkCount;
      this.#at = 0;
    }
    const key = this.#rows[this.#at]?.subarray(this.#prefixBytes);
    const value = this.#rows[this.#at + 1];
    if (key === undefined || value === undefined) return undefined;
    this.#head = { order: key.toString('latin1'), key, value };
    return this.#head;
  }

  skip(): void {
    this.#head = undefined;
    this.#at += 2;
  }

  close(): void {
    this.#cursor.close();
  }
}
