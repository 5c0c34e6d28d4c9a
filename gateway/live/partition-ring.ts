/** One record of the tail, its value still encoded: most are never looked at again. */
export interface TailRecord {
  readonly offset: bigint;
  /** `tenantId/sessionId` */
  readonly scope: string;
  readonly value: Buffer;
}

export interface RingLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** The last records of one partition without a hole: everything in [`startOffset`, `nextOffset`) is in it. */
export class PartitionRing {
  readonly #limits: RingLimits;
  #records: TailRecord[] = [];
  /** Index of the oldest record; the dead head is cut off when it is as long as the rest. */
  #head = 0;
  #sizeBytes = 0;
  #startOffset: bigint;
  #nextOffset: bigint;

  constructor(startOffset: bigint, limits: RingLimits) {
    this.#startOffset = startOffset;
    this.#nextOffset = startOffset;
    this.#limits = limits;
  }

  get startOffset(): bigint {
    return this.#startOffset;
  }

  get nextOffset(): bigint {
    return this.#nextOffset;
  }

  /** Records in offset order, and the position behind them. */
  push(records: readonly TailRecord[], nextOffset: bigint): void {
    for (const record of records) {
      this.#records.push(record);
      this.#sizeBytes += record.value.length;
    }
    this.#nextOffset = nextOffset;
    this.#evict();
  }

  /** Records of a session from an offset on; `undefined` when the ring does not reach back to it. */
  since(scope: string, offset: bigint): readonly TailRecord[] | undefined {
    if (offset < this.#startOffset) return undefined;
    const found: TailRecord[] = [];
    for (let at = this.#records.length - 1; at >= this.#head; at -= 1) {
      const record = this.#records[at];
      if (record === undefined || record.offset < offset) break;
      if (record.scope === scope) found.push(record);
    }
    return found.reverse();
  }

  #evict(): void {
    while (this.#records.length - this.#head > this.#limits.maxRecords || this.#sizeBytes > this.#limits.maxBytes) {
      const oldest = this.#records[this.#head];
      if (oldest === undefined) break;
      this.#sizeBytes -= oldest.value.length;
      this.#startOffset = oldest.offset + 1n;
      this.#head += 1;
    }
    if (this.#head * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }
}
