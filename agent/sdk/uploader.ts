import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { backOffMs, defaultBackOff } from './back-off.ts';
import type { AgentInfo, IngestClient, Outcome } from './ingest-client.ts';
import { createIngestClient } from './ingest-client.ts';
import { systemRuntime } from './runtime.ts';
import type { UploaderRuntime } from './runtime.ts';
import type { UploadQueue } from './upload-queue.ts';
import { createMemoryQueue } from './upload-queue.ts';

export interface UploaderOptions {
  readonly baseUrl: string;
  /** An API key or a token of the server's run. */
  readonly token: string;
  /** Stays the same for a device; another device cannot write into its sessions. */
  readonly deviceId: string;
  readonly agent: AgentInfo;
  /** Choose one to be able to come back to the session; else the server makes one. */
  readonly sessionId?: string;
  readonly title?: string;
  readonly queue?: UploadQueue;
  readonly runtime?: Partial<UploaderRuntime>;
  /** How long events are gathered before they are sent. Default 100 ms. */
  readonly gatherMs?: number;
  readonly maxBatchEvents?: number;
  /** A request without an answer is given up after so long. Default 30 s. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: UploadProgress) => void;
}

export interface UploadProgress {
  readonly ackedSeq: number;
  /** Newest event that was recorded. */
  readonly lastSeq: number;
  /** Tries in a row that got no good answer. */
  readonly failures: number;
  /** Code of the last of them. */
  readonly problem?: string;
}

/** What ended the upload for good, with the code of docs/api.md. */
export class UploadStopped extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'UploadStopped';
    this.code = code;
  }
}

export interface Opened {
  readonly sessionId: string;
  /** Everything up to it was stored before. */
  readonly ackedSeq: number;
  /** The whole answer of the server: policy, limits, warnings. */
  readonly answer: Readonly<Record<string, unknown>>;
}

/** An event as a recorder makes it: the uploader counts. */
export type NewEvent = Omit<CaptureEvent, 'seq'>;

/**
 * Gets the events and pictures of one recording to the server: nothing lost, nothing doubled, whatever the network does.
 *
 * - U1: an event has its seq from the moment it was recorded; it leaves the queue when it was acked and not before.
 * - U2: pictures go before their event, so one round suffices; an event whose picture cannot be stored becomes `screenshot.missing` under
 *   the same seq.
 * - U3: an event that the server refuses becomes `unknown` under the same seq: one bad event does not stop a recording.
 * - U4: one request is under way at a time; after any doubt the next begins at the server's ack.
 */
export class Uploader {
  readonly #options: UploaderOptions;
  readonly #runtime: UploaderRuntime;
  readonly #client: IngestClient;
  readonly #queue: UploadQueue;
  readonly #uploaded = new Set<string>();
  #sessionId: string | undefined;
  #nextSeq = 1;
  #ackedSeq = 0;
  #failures = 0;
  #problem: string | undefined;
  #batchEvents: number;
  #adding: Promise<void> = Promise.resolve();
  #pumping: Promise<void> | undefined;
  #stopped: UploadStopped | undefined;
  readonly #ending = new AbortController();
  #isUrgent = false;
  #hasQueueFailed = false;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.#runtime = { ...systemRuntime, ...options.runtime };
    this.#queue = options.queue ?? createMemoryQueue();
    this.#batchEvents = options.maxBatchEvents ?? 500;
    const { baseUrl, token, deviceId, timeoutMs = 30_000 } = options;
    this.#client = createIngestClient({ baseUrl, token, deviceId, timeoutMs, fetch: this.#runtime.fetch });
  }

  /**
   * Opens the session or finds it again; tries until the server answers. @throws {UploadStopped} when it refuses.
   */
  async open(): Promise<Opened> {
    const { sessionId, title, agent } = this.#options;
    const body = { sessionId, ...(title === undefined ? {} : { title }), agent };
    const answer = await this.#untilAnswered(() => this.#client.open({ ...body, atMs: this.#runtime.nowMs() }));
    this.#sessionId = String(answer['sessionId']);
    await this.#acked(answer);
    const lastSeq = (await this.#queue.lastSeq()) ?? 0;
    this.#nextSeq = Math.max(this.#nextSeq, this.#ackedSeq + 1, lastSeq + 1);
    this.#wake();
    return { sessionId: this.#sessionId, ackedSeq: this.#ackedSeq, answer };
  }

  /**
   * Queues an event and answers its seq; a `screenshot` event comes with its bytes. Of a new session it may be called before `open` has
   * resolved; of one that is found again only after it, because the server says where the seqs go on.
   */
  record(event: NewEvent, picture?: Uint8Array<ArrayBuffer>): number {
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    this.#adding = this.#adding.then(() => this.#add({ ...event, seq }, picture));
    this.#wake();
    return seq;
  }

  /** After a failure nothing is added any more: a later event would stand behind a hole that nobody explains (U1). */
  async #add(event: CaptureEvent, picture: Uint8Array<ArrayBuffer> | undefined): Promise<void> {
    if (this.#hasQueueFailed) return;
    try {
      if (event.screenshot !== undefined && picture !== undefined) await this.#queue.addPicture(event.screenshot.sha256, picture);
      await this.#queue.add(event);
    } catch (error) {
      this.#queueFailed(error);
    }
  }

  #queueFailed(error: unknown): void {
    this.#hasQueueFailed = true;
    this.#stop('QUEUE_FAILED', `the upload queue failed: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** Resolves when everything recorded so far was acked. @throws {UploadStopped} */
  async flush(): Promise<void> {
    this.#openSession();
    this.#isUrgent = true;
    try {
      await this.#adding;
      while (this.#ackedSeq < this.#nextSeq - 1) {
        this.#wake();
        await this.#pumping;
        this.#throwIfStopped();
      }
    } finally {
      this.#isUrgent = false;
    }
  }

  /** Sends what is left, then finishes the session; tries until it stands. @throws {UploadStopped} */
  finish(): Promise<void> {
    return this.#mark('finish');
  }

  pause(): Promise<void> {
    return this.#mark('pause');
  }

  resume(): Promise<void> {
    return this.#mark('resume');
  }

  get progress(): UploadProgress {
    const base = { ackedSeq: this.#ackedSeq, lastSeq: this.#nextSeq - 1, failures: this.#failures };
    return this.#problem === undefined ? base : { ...base, problem: this.#problem };
  }

  /** Stops trying, also in the middle of a wait; the queue keeps what was not acked. */
  stop(): void {
    this.#stopped ??= new UploadStopped('STOPPED', 'the upload was stopped by its owner');
    this.#ending.abort();
  }

  /** The mark takes the next seq, so nothing may be recorded until the answer is there. */
  async #mark(mark: 'pause' | 'resume' | 'finish'): Promise<void> {
    await this.flush();
    const sessionId = this.#openSession();
    const answer = await this.#untilAnswered(() => this.#client.mark(sessionId, mark, this.#nextSeq - 1));
    await this.#acked(answer);
    this.#nextSeq = Math.max(this.#nextSeq, this.#ackedSeq + 1);
  }

  #wake(): void {
    if (this.#sessionId === undefined || this.#stopped !== undefined) return;
    this.#pumping ??= this.#pump()
      .catch((error: unknown) => this.#queueFailed(error))
      .finally(() => {
        this.#pumping = undefined;
      });
  }

  async #pump(): Promise<void> {
    if (!this.#isUrgent) await this.#sleep(this.#options.gatherMs ?? 100);
    for (;;) {
      await this.#adding;
      const events = this.#stopped === undefined ? await this.#queue.head(this.#batchEvents) : [];
      if (events.length === 0) return;
      await this.#sendBatch(events);
    }
  }

  async #sendBatch(events: readonly CaptureEvent[]): Promise<void> {
    const sessionId = this.#openSession();
    const refusedPicture = await this.#sendPictures(sessionId, events);
    if (refusedPicture || this.#stopped !== undefined) return;
    const outcome = await this.#client.append(sessionId, events);
    if (outcome.kind === 'retry') return this.#waitAfter(outcome.code, outcome.afterMs);
    if (outcome.kind === 'refused') return this.#repair(events, outcome);
    await this.#follow(outcome.answer, events);
  }

  /** U4: what the server says it has decides what goes next. */
  async #follow(answer: Readonly<Record<string, unknown>>, events: readonly CaptureEvent[]): Promise<void> {
    const firstSeq = events[0]?.seq ?? 1;
    if (Number(answer['ackedSeq']) < firstSeq - 1) return this.#stop('HISTORY_LOST', 'the server lost events that it had acked');
    const before = this.#ackedSeq;
    await this.#acked(answer);
    await this.#uploadAgain(answer['missing'], events);
    if (this.#ackedSeq === before) return this.#waitAfter('NO_PROGRESS', undefined);
    this.#succeeded();
    const slowDownMs = answer['slowDownMs'];
    if (typeof slowDownMs === 'number' && slowDownMs > 0) await this.#sleep(slowDownMs);
  }

  /** U2. True when the batch must be read again: an event was replaced, or the upload has to wait. */
  async #sendPictures(sessionId: string, events: readonly CaptureEvent[]): Promise<boolean> {
    for (const event of events) {
      const sha256 = event.screenshot?.sha256;
      if (sha256 === undefined || this.#uploaded.has(sha256)) continue;
      const bytes = await this.#queue.picture(sha256);
      // Without bytes the server may still have it from before; its answer tells.
      if (bytes === undefined) continue;
      const outcome = await this.#client.putPicture(sessionId, sha256, bytes);
      if (outcome.kind === 'ok') {
        this.#uploaded.add(sha256);
        continue;
      }
      if (outcome.kind === 'retry') await this.#waitAfter(outcome.code, outcome.afterMs);
      else if (outcome.status === 413 || outcome.status === 422) await this.#queue.replace(withoutPicture(event, outcome.code));
      else this.#stop(outcome.code, outcome.message);
      return true;
    }
    return false;
  }

  /** The server misses pictures: those that are still here go again, events of the others go on without. */
  async #uploadAgain(missing: unknown, events: readonly CaptureEvent[]): Promise<void> {
    if (!Array.isArray(missing)) return;
    for (const event of events) {
      const sha256 = event.screenshot?.sha256;
      if (sha256 === undefined || !missing.includes(sha256)) continue;
      this.#uploaded.delete(sha256);
      if ((await this.#queue.picture(sha256)) === undefined) await this.#queue.replace(withoutPicture(event, 'the picture was lost'));
    }
  }

  /** U3. */
  async #repair(events: readonly CaptureEvent[], refusal: Outcome & { kind: 'refused' }): Promise<void> {
    const culprit = culpritOf(events, refusal);
    if (refusal.status === 413 && events.length > 1) this.#batchEvents = Math.ceil(events.length / 2);
    else if (culprit === undefined || culprit.reason === replacedReason) this.#stop(refusal.code, refusal.message);
    else {
      const atMs = Number.isSafeInteger(culprit.atMs) && culprit.atMs >= 0 ? culprit.atMs : this.#runtime.nowMs();
      await this.#queue.replace({ seq: culprit.seq, atMs, kind: 'unknown', reason: replacedReason });
    }
  }

  async #acked(answer: Readonly<Record<string, unknown>>): Promise<void> {
    const ackedSeq = Number(answer['ackedSeq'] ?? 0);
    if (ackedSeq <= this.#ackedSeq) return;
    this.#ackedSeq = ackedSeq;
    await this.#queue.dropUpTo(ackedSeq);
    this.#report();
  }

  async #untilAnswered(send: () => Promise<Outcome>): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      this.#throwIfStopped();
      const outcome = await send();
      if (outcome.kind === 'ok') {
        this.#succeeded();
        return outcome.answer;
      }
      if (outcome.kind === 'retry') await this.#waitAfter(outcome.code, outcome.afterMs);
      else this.#stop(outcome.code, outcome.message);
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#problem = undefined;
  }

  async #waitAfter(code: string, askedMs: number | undefined): Promise<void> {
    this.#problem = code;
    const delayMs = backOffMs(this.#failures, askedMs, { ...defaultBackOff, random: this.#runtime.random });
    this.#failures += 1;
    this.#report();
    await this.#sleep(delayMs);
  }

  #sleep(delayMs: number): Promise<void> {
    return this.#runtime.sleep(delayMs, this.#ending.signal);
  }

  #stop(code: string, message: string): void {
    this.#stopped ??= new UploadStopped(code, message);
    this.#ending.abort();
    this.#problem = code;
    this.#report();
  }

  #throwIfStopped(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  #openSession(): string {
    if (this.#sessionId === undefined) throw new UploadStopped('NOT_OPEN', 'call open() first');
    return this.#sessionId;
  }

  #report(): void {
    this.#options.onProgress?.(this.progress);
  }
}

/** The event that a refusal is about; `undefined` when it is about something else. */
function culpritOf(events: readonly CaptureEvent[], { status, field }: Outcome & { kind: 'refused' }): CaptureEvent | undefined {
  if (status !== 400 && status !== 413) return undefined;
  const index = Number(/^events\[(\d+)\]/.exec(field ?? '')?.[1] ?? Number.NaN);
  return events.length === 1 ? events[0] : events[index];
}

/** Marks an event that stands for a refused one: when it is refused too, no further try helps. */
const replacedReason = 'refused by the server';

function withoutPicture({ seq, atMs, screenshot }: CaptureEvent, reason: string): CaptureEvent {
  return { seq, atMs, kind: 'screenshot.missing', ofSeq: screenshot?.ofSeq ?? seq, reason };
}

/** SHA-256 of a picture as `screenshot.sha256` wants it: 64 hex digits. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
