import type { Clock } from '../../base/clock.ts';

/**
 * Wakes polls that wait for a partition or a group. A caller checks for work and calls `wait` without an `await` between the two,
 * so a wake-up cannot fall between them. Waking is by name: an append touches only those who wait for its partition.
 */
export class WakeSignals {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves at the first `wake` of one of `names`, or after `maxWaitMs`. */
  wait(names: readonly string[], maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancelTimer();
        for (const name of names) this.#remove(name, finish);
        resolve();
      };
      const cancelTimer = this.#clock.setTimer(maxWaitMs, finish);
      for (const name of names) this.#add(name, finish);
    });
  }

  wake(name: string): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    for (const finish of [...waiting]) finish();
  }

  wakeAll(): void {
    for (const name of [...this.#waiting.keys()]) this.wake(name);
  }

  #add(name: string, finish: () => void): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, new Set([finish]));
    else waiting.add(finish);
  }

  #remove(name: string, finish: () => void): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    waiting.delete(finish);
    if (waiting.size === 0) this.#waiting.delete(name);
  }
}
