import { StepwrightError } from '../base/errors.ts';

/**
 * Where a faulty log can fail. `commit:before` fails with nothing committed, `commit:after` with everything committed; by default both say
 * LOG_UNKNOWN_OUTCOME, because a caller cannot tell them apart (K8).
 */
export const faultPoints = [
  'openSink',
  'sink:send',
  'commit:before',
  'commit:after',
  'abort',
  'produce:before',
  'produce:after',
  'source:poll',
  'source:commit',
  'reader:poll',
  'committed',
  'offsets',
  'sync',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

/** A call that was stopped at a fault point and waits there. */
export interface HeldCall {
  /** Resolves when the call has arrived. */
  readonly reached: Promise<void>;
  release(): void;
}

interface Planned {
  readonly skipCount: number;
  readonly run: () => Promise<void> | void;
}

/** The plan of a faulty log: what fails, when, and how often each point was passed. Each planned fault happens once. */
export class Faults {
  readonly #planned = new Map<FaultPoint, Planned[]>();
  readonly #passed = new Map<FaultPoint, number>();

  /** The call after `skipCount` more passes of `point` fails with `error`. Plans for one point are used in the order they were made. */
  failAt(point: FaultPoint, options: { readonly skipCount?: number; readonly error?: () => Error } = {}): void {
    const error = options.error ?? (() => defaultError(point));
    this.#plan(point, options.skipCount ?? 0, () => {
      throw error();
    });
  }

  /** The next call at `point` waits there until it is released. Not for `sink:send`, which is synchronous. */
  holdAt(point: Exclude<FaultPoint, 'sink:send'>): HeldCall {
    const arrival = deferred();
    const permission = deferred();
    this.#plan(point, 0, () => {
      arrival.resolve();
      return permission.promise;
    });
    return { reached: arrival.promise, release: permission.resolve };
  }

  /** How often `point` was reached, failures included. */
  countOf(point: FaultPoint): number {
    return this.#passed.get(point) ?? 0;
  }

  /** Plans that nothing has run into yet. A test that planned a fault asserts that this is 0 in the end. */
  get pendingCount(): number {
    let count = 0;
    for (const planned of this.#planned.values()) count += planned.length;
    return count;
  }

  /** Called by the faulty log. Throws, waits or does nothing, as planned. */
  pass(point: FaultPoint): Promise<void> | void {
    this.#passed.set(point, this.countOf(point) + 1);
    const queue = this.#planned.get(point);
    const next = queue?.[0];
    if (queue === undefined || next === undefined) return;
    queue.shift();
    if (next.skipCount === 0) return next.run();
    queue.unshift({ ...next, skipCount: next.skipCount - 1 });
  }

  #plan(point: FaultPoint, skipCount: number, run: Planned['run']): void {
    const queue = this.#planned.get(point) ?? [];
    this.#planned.set(point, queue);
    queue.push({ skipCount, run });
  }
}

function defaultError(point: FaultPoint): StepwrightError {
  if (point === 'commit:before' || point === 'commit:after' || point === 'produce:after') {
    return new StepwrightError('LOG_UNKNOWN_OUTCOME', `the answer to the commit never came (planned fault at ${point})`, {
      disposition: 'rebuild-task',
    });
  }
  return new StepwrightError('LOG_DISK_FULL', `planned fault at ${point}`, { disposition: 'retry' });
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
