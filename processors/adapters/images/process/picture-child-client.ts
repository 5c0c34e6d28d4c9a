import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { StepwrightError } from '../../../../topology/base/errors.ts';
import type { PictureAnswer, PictureRequest } from './picture-protocol.ts';

interface Waiting {
  readonly resolve: (answer: PictureAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** A request before it has its number. */
export type PictureWork = PictureRequest extends infer Request
  ? Request extends { readonly id: number }
    ? Omit<Request, 'id'>
    : never
  : never;

/** Pictures take what words, acks and reads leave of the cores. */
const niceness = 5;

/** One picture process. It starts with the first call and not again; it keeps this process alive only while a call waits. */
export class PictureChildClient {
  readonly #concurrencyCount: number;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #lastId = 0;
  #isDead = false;

  constructor(concurrencyCount: number) {
    this.#concurrencyCount = concurrencyCount;
  }

  /** Its end was seen: calls fail from now on. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Of the running process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws {IMAGE_FAILED} with disposition `retry` when the process ends before it answers. */
  call(work: PictureWork): Promise<PictureAnswer> {
    if (this.#isDead) return Promise.reject(ended());
    const child = (this.#child ??= this.#start());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      child.ref();
      child.channel?.ref();
      child.send({ ...work, id }, (error) => {
        if (error !== null) this.#settle(id, (waiting) => waiting.reject(ended(error)));
      });
    });
  }

  /** Ends the process; what waits fails. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#isDead = true;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    // What it has begun may be thrown away: a picture is written by its caller, whole or not at all.
    child.kill('SIGKILL');
    await exited;
  }

  #start(): ChildProcess {
    const isSource = import.meta.url.endsWith('.ts');
    const path = fileURLToPath(new URL(isSource ? './picture-child.ts' : './picture-child.js', import.meta.url));
    const child = fork(path, [String(this.#concurrencyCount)], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
    });
    lowerPriority(child);
    this.#rest(child);
    child.on('message', (answer: PictureAnswer) => this.#settle(answer.id, (waiting) => waiting.resolve(answer)));
    child.on('error', (error) => this.#lost(error));
    child.on('exit', () => this.#lost());
    return child;
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0 && this.#child !== undefined) this.#rest(this.#child);
    if (waiting !== undefined) settle(waiting);
  }

  /** Nobody waits: this process may end. */
  #rest(child: ChildProcess): void {
    child.unref();
    child.channel?.unref();
  }

  #lost(cause?: Error): void {
    this.#isDead = true;
    for (const id of this.#waiting.keys()) this.#settle(id, (waiting) => waiting.reject(ended(cause)));
  }
}

/** From here, while the process starts: threads take over what the one that makes them has, and loading modules makes the pool. */
function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // Not allowed on this system: pictures compete like everything else.
  }
}

function ended(cause?: Error): StepwrightError {
  return new StepwrightError('IMAGE_FAILED', 'The picture process ended before it answered.', { disposition: 'retry', cause });
}
