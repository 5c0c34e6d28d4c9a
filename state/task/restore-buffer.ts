import type { ChangelogEntry, ChangelogPosition } from '../task-state.ts';

/** Rough cost of a folded record besides its bytes. */
const recordOverheadBytes = 150;

export interface RestoredPart {
  readonly records: readonly ChangelogEntry[];
  readonly positions: ReadonlyMap<string, ChangelogPosition>;
}

/** Changelog records not yet written: the last value of each key, and the positions that go with them. */
export class RestoreBuffer {
  readonly #values = new Map<string, Map<string, Buffer | null>>();
  #positions = new Map<string, ChangelogPosition>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#positions.size === 0 && this.#values.size === 0;
  }

  /** Keeps a copy: what a log hands out are views of its batch. */
  add(records: readonly ChangelogEntry[], nextPositions: ReadonlyMap<string, ChangelogPosition>): void {
    for (const { store, key, value } of records) {
      let values = this.#values.get(store);
      if (values === undefined) this.#values.set(store, (values = new Map()));
      this.#keep(values, key.toString('latin1'), value);
    }
    for (const [store, position] of nextPositions) this.#positions.set(store, position);
  }

  /** Takes back what could not be written. What was added since is newer and stays. */
  giveBack({ records, positions }: RestoredPart): void {
    const newer = this.take();
    this.add(records, positions);
    this.add(newer.records, newer.positions);
  }

  /** Everything, by store, and the positions; the buffer is empty afterwards. */
  take(): RestoredPart {
    const records: ChangelogEntry[] = [];
    for (const [store, values] of this.#values) {
      for (const [id, value] of values) records.push({ store, key: Buffer.from(id, 'latin1'), value });
    }
    const positions = this.#positions;
    this.clear();
    return { records, positions };
  }

  /** A value of the same length takes the place of the one before it: most changelogs repeat their keys, and then no memory is asked for. */
  #keep(values: Map<string, Buffer | null>, id: string, value: Buffer | null): void {
    const before = values.get(id);
    if (value !== null && before?.length === value.length) {
      before.set(value);
      return;
    }
    if (before === undefined) this.#bytes += recordOverheadBytes + id.length;
    this.#bytes += (value?.length ?? 0) - (before?.length ?? 0);
    values.set(id, value === null ? null : Buffer.from(value));
  }

  clear(): void {
    this.#values.clear();
    this.#positions = new Map();
    this.#bytes = 0;
  }
}
