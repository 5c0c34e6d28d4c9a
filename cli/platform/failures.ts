const keptCount = 20;

/** Messages of what failed for good in this process, newest last: a task that keeps failing, a sink that stopped. */
export class Failures {
  readonly #messages: string[] = [];

  add(what: string, error: unknown): void {
    this.#messages.push(`${what}: ${error instanceof Error ? error.message : 'unknown'}`);
    if (this.#messages.length > keptCount) this.#messages.shift();
  }

  messages(): readonly string[] {
    return this.#messages;
  }
}
