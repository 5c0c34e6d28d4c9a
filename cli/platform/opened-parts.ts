import { runAll } from '../../topology/base/run-all.ts';

interface Closable {
  close(): Promise<void> | void;
}

/** What was opened so far, to be closed latest first, past any part that refuses. */
export class OpenedParts {
  #closers: (() => Promise<void>)[] = [];

  /** Answers the part, so that opening and noting it is one expression. */
  add<Part extends Closable>(part: Part): Part {
    this.#closers.unshift(async () => part.close());
    return part;
  }

  /** @throws what the first part that refused threw, after the others. A second call closes nothing. */
  close(): Promise<void> {
    return runAll(this.#closers.splice(0));
  }
}
