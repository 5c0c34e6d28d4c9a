/** Lets at most so many requests be under way; the others wait their turn, in order. */
export class RequestGate {
  readonly #maxInFlight: number;
  readonly #waiting: (() => void)[] = [];
  #inFlightCount = 0;

  constructor(maxInFlight: number) {
    this.#maxInFlight = maxInFlight;
  }

  async run<Result>(request: () => Promise<Result>): Promise<Result> {
    if (this.#inFlightCount >= this.#maxInFlight) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inFlightCount++;
    try {
      return await request();
    } finally {
      // The place goes to the next one without becoming free, so that nobody passes those who wait.
      const next = this.#waiting.shift();
      if (next === undefined) this.#inFlightCount--;
      else next();
    }
  }
}
