import type { Clock } from '../base/clock.ts';

interface Punctuation {
  readonly label: string;
  readonly intervalMs: number;
  readonly callback: (wallClockMs: number) => void;
  dueAtMs: number;
}

/**
 * Wall-clock callbacks of one task. Never run inside `process`, while restoring or while paused. A punctuation that was late runs once, not
 * once for each interval missed.
 */
export class Punctuations {
  readonly #clock: Clock;
  readonly #isEnabled: boolean;
  readonly #all = new Map<string, Punctuation>();

  /** Disabled, nothing ever runs: a replay has no wall clock (T3). */
  constructor(clock: Clock, isEnabled: boolean) {
    this.#clock = clock;
    this.#isEnabled = isEnabled;
  }

  /** A second schedule of the same node and name replaces the first. */
  schedule(label: string, intervalMs: number, callback: (wallClockMs: number) => void): void {
    if (this.#isEnabled) this.#all.set(label, { label, intervalMs, callback, dueAtMs: this.#clock.nowMs() + intervalMs });
  }

  /** Runs what is due, ordered by (time, label). Returns how many ran. */
  runDue(): number {
    if (this.#all.size === 0) return 0;
    const nowMs = this.#clock.nowMs();
    const due = [...this.#all.values()].filter((one) => one.dueAtMs <= nowMs);
    due.sort((left, right) => left.dueAtMs - right.dueAtMs || (left.label < right.label ? -1 : 1));
    for (const one of due) {
      one.dueAtMs = nowMs + one.intervalMs;
      one.callback(nowMs);
    }
    return due.length;
  }

  nextDueAtMs(): number {
    let next = Infinity;
    for (const one of this.#all.values()) next = Math.min(next, one.dueAtMs);
    return next;
  }

  clear(): void {
    this.#all.clear();
  }
}
