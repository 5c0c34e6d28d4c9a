/** Lets so many pieces of work run at a time; the others wait in order, those that should be `first` before those that may come `later`. */
export class Turnstile {
  readonly #limit: number;
  readonly #waiting = { first: [] as (() => void)[], later: [] as (() => void)[] };
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<Result>(turn: 'first' | 'later', work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#waiting[turn].push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      // The place is handed on, so a newcomer cannot slip in between.
      const next = this.#waiting.first.shift() ?? this.#waiting.later.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
