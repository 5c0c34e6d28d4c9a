const keptCount = 20;

/** Messages of what failed for good in this process, newest last: a task that keeps failing, a sink that stopped. */
export class Failures {
  readonly #messages: string[] = [];
  readonly #onTold: (message: string) => void;

  constructor(onTold: (message: string) => void = () => {}) {
    this.#onTold = onTold;
  }

  add(what: string, error: unknown): void {
    this.tell(`${what}: ${error instanceof Error ? error.message : 'unknown'}`);
  }

  tell(message: string): void {
    this.#messages.push(message);
    if (this.#messages.length > keptCount) this.#messages.shift();
    this.#onTold(message);
  }

  messages(): readonly string[] {
    return this.#messages;
  }
}
