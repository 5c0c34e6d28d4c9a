import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { AnalyticsClient, AnalyticsRecord, QueryParameters } from '../analytics-client.ts';
import type { ChildAnswer, ChildRequest } from './child-protocol.ts';

interface Waiting {
  readonly resolve: (rows: readonly AnalyticsRecord[]) => void;
  readonly reject: (error: Error) => void;
}

/** A request before it has its number. */
type Unnumbered<Request> = Request extends { readonly id: number } ? Omit<Request, 'id'> : never;

/** How long the engine may take to end before it is killed. */
const closeWithinMs = 10_000;

/**
 * The embedded engine in a child process on `folder`. It starts with the first call, again with the first call after it died, and ends when
 * this process does. It does not keep this process alive unless a call is waiting.
 */
export class ChildClient implements AnalyticsClient {
  readonly #folder: string;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Of the running engine. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async command(sql: string, parameters: QueryParameters = {}): Promise<void> {
    await this.#call({ call: 'command', sql, parameters });
  }

  async insert(table: string, rows: readonly AnalyticsRecord[], token: string): Promise<void> {
    await this.#call({ call: 'insert', table, rows, token });
  }

  query(sql: string, parameters: QueryParameters = {}): Promise<readonly AnalyticsRecord[]> {
    return this.#call({ call: 'query', sql, parameters });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const child = this.#child;
    if (child === undefined) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const killing = setTimeout(() => child.kill('SIGKILL'), closeWithinMs);
    child.ref();
    await this.#send(child, { call: 'close' }).catch(() => []);
    if (child.connected) child.disconnect();
    await exited;
    clearTimeout(killing);
  }

  async #call(request: Unnumbered<ChildRequest>): Promise<readonly AnalyticsRecord[]> {
    if (this.#isClosed) throw closed();
    await mkdir(this.#folder, { recursive: true });
    // Closed meanwhile: an engine that began now would be nobody's.
    if (this.#isClosed) throw closed();
    return this.#send((this.#child ??= this.#start()), request);
  }

  #send(child: ChildProcess, request: Unnumbered<ChildRequest>): Promise<readonly AnalyticsRecord[]> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      child.ref();
      child.channel?.ref();
      child.send({ ...request, id }, (error) => {
        if (error !== null) this.#settle(id, (waiting) => waiting.reject(died(error)));
      });
    });
  }

  #start(): ChildProcess {
    const isSource = import.meta.url.endsWith('.ts');
    const path = fileURLToPath(new URL(isSource ? './chdb-child.ts' : './chdb-child.js', import.meta.url));
    const child = fork(path, [this.#folder], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced', execArgv: [] });
    child.unref();
    child.channel?.unref();
    child.on('message', (answer: ChildAnswer) => this.#settle(answer.id, (waiting) => settleWith(answer, waiting)));
    child.on('error', (error) => this.#lost(child, error));
    child.on('exit', () => this.#lost(child, undefined));
    return child;
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#rest();
    if (waiting !== undefined) settle(waiting);
  }

  /** Nobody waits: this process may end. */
  #rest(): void {
    this.#child?.unref();
    this.#child?.channel?.unref();
  }

  #lost(child: ChildProcess, error: Error | undefined): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const id of this.#waiting.keys()) this.#settle(id, (waiting) => waiting.reject(died(error)));
  }
}

function settleWith(answer: ChildAnswer, { resolve, reject }: Waiting): void {
  if ('rows' in answer) resolve(answer.rows);
  else reject(new StepwrightError(answer.error.code, answer.error.message, { disposition: answer.error.disposition }));
}

function closed(): StepwrightError {
  return new StepwrightError('ANALYTICS_FAILED', 'Analytics was closed.');
}

function died(cause: Error | undefined): StepwrightError {
  return new StepwrightError('ANALYTICS_FAILED', 'The analytics engine ended unexpectedly; it starts again with the next call.', {
    disposition: 'retry',
    cause,
  });
}
