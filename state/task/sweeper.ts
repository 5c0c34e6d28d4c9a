import type { LayeredStore } from '../layers/layered-store.ts';
import { prefixEnd } from '../keys/order.ts';

/** Rows looked at in one step: about a hundred microseconds, once a commit. */
const rowsPerStep = 128;

export type ExpiredRow = (keyBytes: Buffer, value: Buffer, streamTimeMs: number) => boolean;

/**
 * Deletes expired rows of one store, walking round its keys a few at each commit. The deletes go through the open layer, so the changelog
 * gets tombstones and shrinks too. Reads hide expired rows anyway: when a row is deleted changes no result (T1).
 */
export class Sweeper {
  readonly #step: (streamTimeMs: number) => void;
  #sweptAtMs = -1;

  constructor(layers: SweptLayers, isExpired: ExpiredRow) {
    let next: Buffer = layers.prefix;
    this.#step = (streamTimeMs) => {
      next = sweepStep(layers, next, (key, value) => isExpired(key, value, streamTimeMs));
    };
  }

  /** One step, when stream time moved since the last one. */
  sweep(streamTimeMs: number): void {
    if (streamTimeMs <= this.#sweptAtMs) return;
    this.#sweptAtMs = streamTimeMs;
    this.#step(streamTimeMs);
  }
}

/** The part of a store's layers that the sweep needs, whatever its types. */
export type SweptLayers = Pick<LayeredStore<never, never>, 'prefix' | 'isDirty' | 'backend'> & { deleteEncoded(keyBytes: Buffer): void };

/** Looks at the rows from `from`; returns where to go on. Rows with a newer version in a layer are left to a later round. */
function sweepStep(layers: SweptLayers, from: Buffer, isExpired: (keyBytes: Buffer, value: Buffer) => boolean): Buffer {
  const end = prefixEnd(layers.prefix);
  if (end === undefined) return layers.prefix;
  const cursor = layers.backend.scan({ from, to: end, fillCache: false });
  try {
    const rows = cursor.next(rowsPerStep);
    for (let at = 0; at + 1 < rows.length; at += 2) {
      const key = rows[at]?.subarray(layers.prefix.length);
      const value = rows[at + 1];
      if (key !== undefined && value !== undefined && isExpired(key, value) && !layers.isDirty(key)) layers.deleteEncoded(key);
    }
    const last = rows.at(-2);
    return last === undefined ? layers.prefix : Buffer.concat([last, Buffer.of(0)]);
  } finally {
    cursor.close();
  }
}
