/** When output of each partition was seen, and how long there was none. Times in ms of one clock. */
export class OutputGaps {
  readonly #seenAtMs = new Map<number, number[]>();

  seen(partition: number, atMs: number): void {
    const times = this.#seenAtMs.get(partition);
    if (times === undefined) this.#seenAtMs.set(partition, [atMs]);
    else times.push(atMs);
  }

  /**
   * The longest time without output of a partition that touches the span. What began before the span or is not over at its end counts whole: a task that
   * stands still at the end of a phase must not look well.
   */
  longest(partition: number, span: { readonly fromMs: number; readonly toMs: number }): number {
    const times = this.#seenAtMs.get(partition) ?? [];
    let longestMs = 0;
    let previousMs: number | undefined;
    for (const atMs of [...times.filter((one) => one <= span.toMs), span.toMs]) {
      if (previousMs !== undefined && atMs >= span.fromMs) longestMs = Math.max(longestMs, atMs - previousMs);
      previousMs = atMs;
    }
    return previousMs === undefined || times.length === 0 ? span.toMs - span.fromMs : longestMs;
  }
}
