import type { Clock } from '../../../topology/base/clock.ts';
import { hasCode, StepwrightError } from '../../../topology/base/errors.ts';
import type { Logger } from '../../../topology/base/logger.ts';
import type { Counter, Gauge, Metrics } from '../../../topology/base/metrics.ts';
import type { OutputRecord, Producer } from '../../../topology/log/log.ts';
import type { Spool } from './spool.ts';

export interface SpoolingProducerOptions {
  /** Of the real log. Sends in the order of its calls. */
  readonly producer: Producer;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A send that was not answered for so long goes to the spool. Default 2 s. */
  readonly spoolAfterMs?: number;
}

const retryMs = 500;
/** Asked of agents while the log is away, before the spool fills. */
const leastDelayMs = 1_000;
const mostDelayMs = 10_000;

/**
 * Sends to the log, and to the spool while the log is away. One call at a time (the append queue's), so the order of calls is the order of records.
 *
 * - S1: `send` resolves when the records are durable in the log or in the spool.
 * - S2: while anything is in the spool, everything goes through it: no later record of a session passes an earlier one.
 * - S3: a send whose answer did not come goes to the spool too, so it may stand in the log twice, as after any lost answer; sessionize drops by seq.
 * - S4: what is full refuses, and takes nothing.
 */
export class SpoolingProducer implements Producer {
  readonly #options: SpoolingProducerOptions;
  readonly #spoolAfterMs: number;
  readonly #bytes: Gauge;
  readonly #away: Gauge;
  readonly #spooled: Counter;
  readonly #drained: Counter;
  #isAway = false;
  #isClosed = false;
  #isDrainWanted = false;
  #draining: Promise<void> | undefined;
  #wakeDrain = (): void => {};

  constructor(options: SpoolingProducerOptions) {
    const { metrics } = options;
    this.#options = options;
    this.#spoolAfterMs = options.spoolAfterMs ?? 2_000;
    this.#bytes = metrics.gauge('gateway_spool_bytes', 'Acked chunks that wait on the local disk for the log');
    this.#away = metrics.gauge('gateway_log_away', '1 while chunks go to the spool');
    this.#spooled = metrics.counter('gateway_spooled_total', 'Chunks that were acked into the spool');
    this.#drained = metrics.counter('gateway_spool_drained_total', 'Chunks that went from the spool to the log');
    this.#show();
  }

  /** Nothing goes to the log directly now. */
  get isSpooling(): boolean {
    return this.#isAway || !this.#options.spool.isEmpty;
  }

  /** Milliseconds that agents should wait between batches; 0 while the log is there. */
  slowDownMs(): number {
    const { spool } = this.#options;
    return this.isSpooling ? Math.round(leastDelayMs + (mostDelayMs - leastDelayMs) * Math.min(1, spool.sizeBytes / spool.maxBytes)) : 0;
  }

  /** Begins to bring to the log what an earlier process left. */
  start(): void {
    if (this.isSpooling) this.#drain();
  }

  /** S1. Offsets of spooled records are -1: they have none yet. @throws {SPOOL_FULL} and what the log throws for records that it refuses. */
  async send(records: readonly OutputRecord[]): Promise<readonly bigint[]> {
    if (!this.isSpooling) {
      const offsets = await this.#sendDirectly(records);
      if (offsets !== undefined) return offsets;
    }
    try {
      await this.#options.spool.append(records);
      this.#spooled.add(records.length);
    } finally {
      // Also when nothing was taken: an empty spool ends the absence, and the next call asks the log again.
      this.#drain();
    }
    return records.map(() => -1n);
  }

  /** What is in the spool stays for the next process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wakeDrain();
    // A drain that is in the middle of a send ends when the log gives up or answers; its batch stays until it was dropped (Q2).
    if (!this.#isAway) await this.#draining;
    await this.#options.spool.close();
  }

  /** Undefined when the log did not take them, as far as is known. */
  async #sendDirectly(records: readonly OutputRecord[]): Promise<readonly bigint[] | undefined> {
    const { producer, clock, logger } = this.#options;
    let cancel = (): void => {};
    const tooLate = new Promise<undefined>((resolve) => {
      cancel = clock.setTimer(this.#spoolAfterMs, () => resolve(undefined));
    });
    const sending = producer.send(records);
    // When it ends after its time nobody waits for it any more (S3).
    sending.catch(() => undefined);
    try {
      const offsets = await Promise.race([sending, tooLate]);
      if (offsets !== undefined) return offsets;
    } catch (error) {
      if (!isAbsence(error)) throw error;
    } finally {
      cancel();
    }
    logger.warn({ afterMs: this.#spoolAfterMs }, 'the log does not take chunks: they go to the spool');
    this.#isAway = true;
    return undefined;
  }

  #drain(): void {
    this.#isDrainWanted = true;
    this.#show();
    this.#draining ??= this.#drainAll().finally(() => {
      this.#draining = undefined;
      // Something was appended while the last round ended.
      if (this.#isDrainWanted && !this.#isClosed) this.#drain();
    });
  }

  /** Ends when nothing durable is left, or when closed. Never rejects. */
  async #drainAll(): Promise<void> {
    const { spool, logger } = this.#options;
    let isLeft = true;
    while (isLeft && !this.#isClosed) {
      this.#isDrainWanted = false;
      try {
        isLeft = await this.#drainOne();
      } catch (error) {
        if (!isAbsence(error)) logger.error({ err: error }, 'chunks of the spool could not be moved to the log; they are tried again');
        await this.#pause();
      }
    }
    if (!spool.isEmpty) return;
    if (this.#isAway) logger.warn({}, 'the log takes chunks again, and the spool is empty');
    this.#isAway = false;
    this.#show();
  }

  /** Moves the oldest batch. False when there is none. */
  async #drainOne(): Promise<boolean> {
    const { spool, producer } = this.#options;
    const batch = await spool.head();
    if (batch === undefined) return false;
    await producer.send(batch.records);
    // A closed spool keeps it: the next process sends it once more (Q2).
    if (this.#isClosed) return false;
    await spool.drop(batch);
    this.#drained.add(batch.records.length);
    this.#show();
    return true;
  }

  async #pause(): Promise<void> {
    let cancel = (): void => {};
    await new Promise<void>((resolve) => {
      cancel = this.#options.clock.setTimer(retryMs, resolve);
      this.#wakeDrain = resolve;
    });
    cancel();
  }

  #show(): void {
    this.#bytes.set(this.#options.spool.sizeBytes);
    this.#away.set(this.isSpooling ? 1 : 0);
  }
}

/** The log is away, or gave no answer; anything else is about the records. */
function isAbsence(error: unknown): boolean {
  return hasCode(error, 'LOG_UNAVAILABLE', 'LOG_UNKNOWN_OUTCOME') || (error instanceof StepwrightError && error.disposition === 'retry');
}
