import type { CaptureChunk, TitleAnswer } from '../../schemas/types/capture-event.ts';
import type { TitleRequest } from '../../schemas/types/usage.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import type { TitleModel } from '../ports/title-model.ts';
import { acceptAnswer, contentHash } from './model-request.ts';

/** Time as the worker needs it: it runs outside the chain, and its host has a clock. */
export interface WorkerTime {
  nowMs(): number;
  /** Rejects when the signal aborts. */
  wait(delayMs: number, signal: AbortSignal): Promise<void>;
}

export interface ModelWorkerOptions {
  readonly model: TitleModel;
  readonly time: WorkerTime;
  /** Questions a minute over all tenants; more wait. */
  readonly perMinuteCount: number;
  /** Answers kept, by tenant and content: the same question is asked once. */
  readonly cacheCount: number;
  /** Tries of one question. */
  readonly attemptCount: number;
  /** A last look before a third party sees the text; redaction has been before. */
  readonly scrub?: (text: string) => string;
}

export interface ModelWorker {
  /** The answer, or undefined when there is none to be had: the rule's title stays. Rejects only when the signal aborts. */
  answer(request: TitleRequest, signal: AbortSignal): Promise<TitleAnswer | undefined>;
}

const firstRetryMs = 500;

/**
 * Answers title requests of `title.requests.v1`; its host reads the topic and writes what `answerChunk` makes of an answer to `capture.events`.
 * Stateless but for the cache and the rate: a question that is asked again after a crash does no harm, for the answer names its content.
 */
export function createModelWorker(options: ModelWorkerOptions): ModelWorker {
  return new Worker(options);
}

class Worker implements ModelWorker {
  readonly #options: ModelWorkerOptions;
  readonly #cache = new Map<string, string>();
  #nextFreeAtMs = 0;

  constructor(options: ModelWorkerOptions) {
    this.#options = options;
  }

  async answer(request: TitleRequest, signal: AbortSignal): Promise<TitleAnswer | undefined> {
    const cacheKey = `${request.tenantId}/${contentHash(request.prompt)}`;
    const title = this.#cache.get(cacheKey) ?? (await this.#ask(request, signal));
    if (title === undefined) return undefined;
    this.#keep(cacheKey, title);
    const { requestId, stepId } = request;
    return { requestId, ...(stepId === undefined ? {} : { stepId }), title, model: this.#options.model.name };
  }

  async #ask(request: TitleRequest, signal: AbortSignal): Promise<string | undefined> {
    const { model, scrub, attemptCount, time } = this.#options;
    const scrubbed = scrub === undefined ? request : { ...request, prompt: scrub(request.prompt) };
    for (let attempt = 1; attempt <= attemptCount; attempt += 1) {
      await this.#takeTurn(signal);
      try {
        return acceptAnswer(await model.title(scrubbed, signal));
      } catch (error) {
        signal.throwIfAborted();
        if (!isWorthRetrying(error)) return undefined;
      }
      if (attempt < attemptCount) await time.wait(firstRetryMs * 2 ** (attempt - 1), signal);
    }
    return undefined;
  }

  /** An even pace: one question each 60 s / perMinuteCount. */
  async #takeTurn(signal: AbortSignal): Promise<void> {
    const { time, perMinuteCount } = this.#options;
    const nowMs = time.nowMs();
    const turnAtMs = Math.max(nowMs, this.#nextFreeAtMs);
    this.#nextFreeAtMs = turnAtMs + 60_000 / perMinuteCount;
    if (turnAtMs > nowMs) await time.wait(turnAtMs - nowMs, signal);
  }

  #keep(key: string, title: string): void {
    this.#cache.delete(key);
    this.#cache.set(key, title);
    const [oldest] = this.#cache.keys();
    if (oldest !== undefined && this.#cache.size > this.#options.cacheCount) this.#cache.delete(oldest);
  }
}

function isWorthRetrying(error: unknown): boolean {
  return error instanceof StepwrightError && hasCode(error, 'ASYNC_FAILED') && error.disposition === 'retry';
}

/** The answer as a record of `capture.events`. Facts have no place in the agent's count of events: `seq` is 0. */
export function answerChunk(request: TitleRequest, answer: TitleAnswer, nowMs: number): CaptureChunk {
  const { tenantId, sessionId } = request;
  const event = { seq: 0, atMs: nowMs, kind: 'title.answer', answer } as const;
  return { tenantId, sessionId, deviceId: 'model', receivedAtMs: nowMs, events: [event] };
}
