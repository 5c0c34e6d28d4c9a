import type { RecordSource } from '../builder/processor.ts';

/** What was decided about a record that failed. */
export interface PoisonVerdict {
  readonly action: 'dead-letter' | 'drop';
  readonly nodeName: string;
  readonly error: unknown;
}

/**
 * Records that failed while being processed. The whole transaction was dropped because of them (they may have written half of what they
 * wanted), so the verdict is remembered here and carried out when the record comes again. Forgotten once that is committed.
 * A record that failed behind a mapAsync node is condemned there only: whether its own turn was committed before or is done again with it, its
 * effect on state must be the same (T1).
 */
export class PoisonRecords {
  readonly #verdicts = new Map<string, PoisonVerdict>();
  #carriedOut: string[] = [];

  get isEmpty(): boolean {
    return this.#verdicts.size === 0;
  }

  add(source: RecordSource, stage: string, verdict: PoisonVerdict): void {
    this.#verdicts.set(keyOf(source, stage), verdict);
  }

  /** The verdict to carry out now; undefined for a sound record. */
  take(source: RecordSource | undefined, stage: string): PoisonVerdict | undefined {
    if (source === undefined || this.isEmpty) return undefined;
    const key = keyOf(source, stage);
    const verdict = this.#verdicts.get(key);
    if (verdict !== undefined) this.#carriedOut.push(key);
    return verdict;
  }

  committed(): void {
    for (const key of this.#carriedOut) this.#verdicts.delete(key);
    this.#carriedOut = [];
  }

  rolledBack(): void {
    this.#carriedOut = [];
  }
}

function keyOf({ topic, partition, offset }: RecordSource, stage: string): string {
  return `${topic}-${partition}-${offset}/${stage}`;
}
