import type { FiredTimer, KeyTimers } from '../builder/processor.ts';
import type { TimerEntry } from '../builder/internal-stores.ts';
import { StepwrightError } from '../base/errors.ts';
import type { KeyValueStore } from '../../state/store.ts';

const noTimers: readonly TimerEntry[] = [];
/** A processor that sets a timer for the past inside onTimer would fire for ever. */
const maxFiresPerRecord = 10_000;

/**
 * Per-key event-time timers of one node (T2). Owns: which timers are due, and in which order. The lists live in a changelogged store of the
 * node, so they commit, roll back and restore like any state (K4).
 *
 * A timer is due when a record of its key reaches the node with a time not before the timer's, or, when it was set for a time its key had
 * already passed, with the next record of the key. Due timers fire before that record, ordered by (time, name). Only timers are stored, not a
 * time per key: a key without timers costs one look-up and no write.
 */
export class TimerService implements KeyTimers {
  readonly #store: KeyValueStore<unknown, readonly TimerEntry[]>;
  #key: unknown;
  #timeMs = 0;
  #isActive = false;

  constructor(store: KeyValueStore<unknown, readonly TimerEntry[]>) {
    this.#store = store;
  }

  /** Fires what is due before the record of `key` at `timestampMs`; then timers of that key may be set until `end`. */
  begin(key: unknown, timestampMs: number, fire: (timer: FiredTimer<unknown>) => void): void {
    this.#key = key;
    this.#timeMs = timestampMs;
    this.#isActive = true;
    for (let fired = 0; ; fired += 1) {
      const timers = this.#store.get(key);
      const due = timers?.find((timer) => timer.overdue || timer.dueAtMs <= timestampMs);
      if (timers === undefined || due === undefined) return;
      if (fired === maxFiresPerRecord)
        throw new StepwrightError(
          'PROCESSING_FAILED',
          `${maxFiresPerRecord} timers fired before one record: onTimer keeps setting timers for the past`,
        );
      this.#save(timers.filter((timer) => timer !== due));
      fire({ key, name: due.name, dueAtMs: due.dueAtMs });
    }
  }

  end(): void {
    this.#isActive = false;
  }

  set(name: string, dueAtMs: number): void {
    if (!Number.isFinite(dueAtMs)) throw new StepwrightError('PROCESSING_FAILED', `timer "${name}" needs a finite time, not ${dueAtMs}`);
    const current = this.#timers().find((timer) => timer.name === name);
    const overdue = dueAtMs <= this.#timeMs;
    if (current !== undefined && current.dueAtMs === dueAtMs && current.overdue === overdue) return;
    const others = this.#timers().filter((timer) => timer.name !== name);
    this.#save([...others, { name, dueAtMs, overdue }].sort(byTimeThenName));
  }

  cancel(name: string): void {
    const timers = this.#timers();
    const left = timers.filter((timer) => timer.name !== name);
    if (left.length < timers.length) this.#save(left);
  }

  get(name: string): number | undefined {
    return this.#timers().find((timer) => timer.name === name)?.dueAtMs;
  }

  #timers(): readonly TimerEntry[] {
    if (!this.#isActive)
      throw new StepwrightError('PROCESSING_FAILED', 'timers belong to the key being processed: use them inside process or onTimer only');
    return this.#store.get(this.#key) ?? noTimers;
  }

  #save(timers: readonly TimerEntry[]): void {
    if (timers.length === 0) this.#store.delete(this.#key);
    else this.#store.put(this.#key, timers);
  }
}

/** Timers declared by a processor without `timerKey`: every use says what is missing. */
export function undeclaredTimers(nodeName: string): KeyTimers {
  const refuse = (): never => {
    throw new StepwrightError(
      'TOPOLOGY_INVALID',
      `processor "${nodeName}" uses timers: declare timerKey in its spec, so that they can be stored`,
    );
  };
  return { set: refuse, cancel: refuse, get: refuse };
}

function byTimeThenName(left: TimerEntry, right: TimerEntry): number {
  if (left.dueAtMs !== right.dueAtMs) return left.dueAtMs - right.dueAtMs;
  return left.name < right.name ? -1 : 1;
}
