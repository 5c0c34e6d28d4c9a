import { Worker } from 'node:worker_threads';
import { errorCodes } from '../../base/error-codes.ts';
import { StepwrightError } from '../../base/errors.ts';
import type { TaskDescription } from '../describe-tasks.ts';
import type { RestoreProgress } from '../restore-driver.ts';
import type { AppHealth } from '../stream-app.ts';
import type { ThreadNews, ThreadQuestion, WorkerBirth } from './thread-messages.ts';

type Answer = Extract<ThreadNews, { readonly kind: 'answer' }>;

export interface ThreadHandleOptions {
  readonly birth: WorkerBirth;
  readonly nowMs: () => number;
  readonly onFailed: (message: string) => void;
  readonly onRestore: (progress: RestoreProgress) => void;
}

interface Asked {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

const entry = new URL('./thread-worker.js', import.meta.url);

/** One worker as the main thread sees it. Its end without `close` is a failure that stays; nothing is started in its place. */
export class ThreadHandle {
  readonly #options: ThreadHandleOptions;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #ended: Promise<void>;
  readonly #started: Promise<void>;
  #health: AppHealth | undefined;
  #heardAtMs: number;
  #lastNumber = 0;
  #isClosing = false;
  #hasEnded = false;

  constructor(options: ThreadHandleOptions) {
    this.#options = options;
    this.#heardAtMs = options.nowMs();
    this.#worker = new Worker(entry, { workerData: options.birth });
    this.#started = new Promise((resolve, reject) => {
      this.#worker.on('message', (news: ThreadNews) => this.#take(news, resolve, reject));
      this.#worker.once('exit', () => reject(ended(this.index)));
    });
    // Who waits for it hears of it; a worker that is closed before is no fault.
    this.#started.catch(() => undefined);
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve(this.#end())));
    this.#worker.on('error', (error: Error) => options.onFailed(`thread ${this.index}: ${error.message}`));
  }

  get index(): number {
    return this.#options.birth.index;
  }

  /** Resolves when its app was started. @throws what the factory threw, by its code. */
  started(): Promise<void> {
    return this.#started;
  }

  /** Undefined before its app was started. */
  health(): AppHealth | undefined {
    return this.#health;
  }

  hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** How long it has said nothing. */
  silentMs(): number {
    return this.#options.nowMs() - this.#heardAtMs;
  }

  async tasks(): Promise<readonly TaskDescription[]> {
    return this.#hasEnded ? [] : ((await this.#ask('tasks')).tasks ?? []);
  }

  async metricsText(): Promise<string> {
    return this.#hasEnded ? '' : ((await this.#ask('metrics')).text ?? '');
  }

  /** Lets its app close, then waits for its end. Idempotent. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#hasEnded) return;
    await this.#ask('close').catch(() => undefined);
    // What the app has left open, a socket say, must not keep the thread.
    await this.#worker.terminate();
    await this.#ended;
  }

  #ask(wants: ThreadQuestion['wants']): Promise<Answer> {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject });
      this.#worker.postMessage({ number, wants } satisfies ThreadQuestion);
    });
  }

  #take(news: ThreadNews, resolve: () => void, reject: (error: unknown) => void): void {
    this.#heardAtMs = this.#options.nowMs();
    if (news.kind === 'started') resolve();
    else if (news.kind === 'refused') reject(refusalOf(news));
    else if (news.kind === 'health') this.#health = news.health;
    else if (news.kind === 'failed') this.#options.onFailed(`thread ${this.index}: ${news.message}`);
    else if (news.kind === 'restore') this.#options.onRestore(news.progress);
    else this.#answered(news);
  }

  #answered(answer: Answer): void {
    const asked = this.#asked.get(answer.number);
    this.#asked.delete(answer.number);
    if (answer.problem === undefined) asked?.resolve(answer);
    else asked?.reject(new StepwrightError('TASK_FAILED', `thread ${this.index}: ${answer.problem}`));
  }

  #end(): void {
    this.#hasEnded = true;
    for (const { reject } of this.#asked.values()) reject(ended(this.index));
    this.#asked.clear();
    if (!this.#isClosing) this.#options.onFailed(`thread ${this.index} ended; its tasks go to other members after the session timeout`);
  }
}

function ended(index: number): StepwrightError {
  return new StepwrightError('TASK_FAILED', `thread ${index} has ended`);
}

function refusalOf({ code, message }: Extract<ThreadNews, { readonly kind: 'refused' }>): StepwrightError {
  return new StepwrightError(errorCodes.find((known) => known === code) ?? 'TASK_FAILED', message);
}
