import type { ChangelogEntry, ChangelogPosition } from '../task-state.ts';
import { ValueArena } from './value-arena.ts';

/** Rough cost of a folded record besides its bytes. */
const recordOverheadBytes = 150;
/** In the place of a deleted value's length. */
const deleted = -1;

/** Last values of one store's keys. */
interface FoldedStore {
  /** Place of each key in the lists. */
  readonly placeOf: Map<string, number>;
  readonly addresses: number[];
  readonly lengths: number[];
}

/** What was taken out of the buffer: the last value of each key. */
export class RestoredPart {
  readonly count: number;
  readonly positions: ReadonlyMap<string, ChangelogPosition>;
  readonly #stores: readonly { readonly store: string; readonly keys: readonly string[]; readonly folded: FoldedStore }[];
  readonly #arena: ValueArena;

  constructor(stores: ReadonlyMap<string, FoldedStore>, arena: ValueArena, positions: ReadonlyMap<string, ChangelogPosition>) {
    this.#stores = [...stores].map(([store, folded]) => ({ store, keys: [...folded.placeOf.keys()], folded }));
    this.#arena = arena;
    this.positions = positions;
    this.count = this.#stores.reduce((sum, { keys }) => sum + keys.length, 0);
  }

  /** Entries [from, to) of all; their values are views. Made when asked for, so that a batch of many holds few objects at a time. */
  entries(from: number, to: number): readonly ChangelogEntry[] {
    const entries: ChangelogEntry[] = [];
    let before = 0;
    for (const { store, keys, folded } of this.#stores) {
      const end = Math.min(keys.length, to - before);
      for (let place = Math.max(0, from - before); place < end; place += 1) {
        const length = folded.lengths[place] ?? deleted;
        const value = length === deleted ? null : this.#arena.read(folded.addresses[place] ?? 0, length);
        entries.push({ store, key: Buffer.from(keys[place] ?? '', 'latin1'), value });
      }
      before += keys.length;
    }
    return entries;
  }
}

/** Changelog records not yet written: the last value of each key, and the positions that go with them. */
export class RestoreBuffer {
  #stores = new Map<string, FoldedStore>();
  #arena = new ValueArena();
  #positions = new Map<string, ChangelogPosition>();
  #keyBytes = 0;

  get bytes(): number {
    return this.#keyBytes + this.#arena.byteCount;
  }

  get isEmpty(): boolean {
    return this.#positions.size === 0 && this.#stores.size === 0;
  }

  /** Keeps a copy: what a log hands out are views of its batch. */
  add(records: readonly ChangelogEntry[], nextPositions: ReadonlyMap<string, ChangelogPosition>): void {
    for (const { store, key, value } of records) {
      let folded = this.#stores.get(store);
      if (folded === undefined) this.#stores.set(store, (folded = { placeOf: new Map(), addresses: [], lengths: [] }));
      this.#keep(folded, key.toString('latin1'), value);
    }
    for (const [store, position] of nextPositions) this.#positions.set(store, position);
  }

  /** Takes back what could not be written. What was added since is newer and stays. */
  giveBack(part: RestoredPart): void {
    const newer = this.take();
    for (const one of [part, newer]) this.add(one.entries(0, one.count), one.positions);
  }

  /** Everything, by store, and the positions; the buffer is empty afterwards. */
  take(): RestoredPart {
    const part = new RestoredPart(this.#stores, this.#arena, this.#positions);
    this.clear();
    return part;
  }

  clear(): void {
    this.#stores = new Map();
    this.#arena = new ValueArena();
    this.#positions = new Map();
    this.#keyBytes = 0;
  }

  /** A value of the same length takes the place of the one before it: most changelogs repeat their keys, and then no memory is asked for. */
  #keep({ placeOf, addresses, lengths }: FoldedStore, key: string, value: Buffer | null): void {
    let place = placeOf.get(key);
    if (place === undefined) {
      place = lengths.length;
      placeOf.set(key, place);
      this.#keyBytes += recordOverheadBytes + key.length;
    } else if (value !== null && lengths[place] === value.length) {
      return this.#arena.overwrite(addresses[place] ?? 0, value);
    }
    addresses[place] = value === null ? 0 : this.#arena.append(value);
    lengths[place] = value?.length ?? deleted;
  }
}
