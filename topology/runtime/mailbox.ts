import type { Clock } from '../base/clock.ts';

/** What callbacks hand to the loop. The loop mutates, callbacks only post. */
export class Mailbox {
  readonly #clock: Clock;
  #letters: (() => void)[] = [];
  #isAwake = false;
  #wakeUp: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `letter` at the loop's next turn. */
  post(letter: () => void): void {
    this.#letters.push(letter);
    this.wake();
  }

  wake(): void {
    this.#isAwake = true;
    this.#wakeUp?.();
  }

  get isEmpty(): boolean {
    return this.#letters.length === 0;
  }

  /** Runs what was posted. Returns how many letters there were. */
  drain(): number {
    this.#isAwake = false;
    if (this.#letters.length === 0) return 0;
    const letters = this.#letters;
    this.#letters = [];
    for (const letter of letters) letter();
    return letters.length;
  }

  /** Resolves at the next `wake`, or after `maxWaitMs` (Infinity: only a wake), at once when one came since the last `drain`. */
  async wait(maxWaitMs: number): Promise<void> {
    if (this.#isAwake) return;
    await new Promise<void>((resolve) => {
      const cancel = maxWaitMs === Infinity ? () => {} : this.#clock.setTimer(Math.max(0, maxWaitMs), resolve);
      this.#wakeUp = () => {
        cancel();
        resolve();
      };
    });
    this.#wakeUp = undefined;
  }
}
