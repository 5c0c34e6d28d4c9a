import { tenantOfKey } from '../../schemas/sealed.ts';
import type { DeadLetter } from '../../schemas/types/usage.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { Log, TopicPartitionOffset } from '../../topology/log/log.ts';
import { waitBackoff } from './backoff.ts';
import type { BackoffOptions } from './backoff.ts';
import { BatchApplier } from './batch-applier.ts';
import { partitionId, PendingBatch } from './pending-batch.ts';
import { readPlanned } from './planned-batch.ts';
import { PositionWaiters } from './position-waiters.ts';
import { RecordCollector } from './record-collector.ts';
import { createSinkMetrics } from './sink-metrics.ts';
import type { SinkMetrics } from './sink-metrics.ts';
import type { SinkBatch, SinkTarget, SourceRecord } from './sink-target.ts';
import { startPositions } from './start-positions.ts';

export interface SinkRunnerOptions<Row> {
  readonly log: Log;
  readonly target: SinkTarget<Row>;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive); spreads retries. */
  readonly random: () => number;
  /** Makes letters durable. They hold a reference and an error code, never a value. */
  readonly deadLetters: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** Told once when the sink stops because of an error. */
  readonly onFailed?: (error: unknown) => void;
  /** A batch is applied when it has so many encoded bytes. Default 1 MiB. */
  readonly batchBytes?: number;
  /** … or so many rows. Default 2,000. */
  readonly batchRows?: number;
  /** … or so long after its first record. Default 20 ms. */
  readonly lingerMs?: number;
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
}

const idlePollMs = 250;
/** What was read is there twice until it is decoded: a large batch is read piece by piece. */
const mostPollBytes = 4 << 20;
const emptyLingerMs = 200;

/**
 * Carries the records of some topics to one target. It owns a group-free, read-committed reader and nothing else. Invariants:
 * - S1 a position is stored by the target with, or after, what it stands for; a crash repeats records, it never skips one.
 * - S2 one batch is applied at a time, in the order read; while it waits, nothing more is read, so only this sink falls behind.
 * - S3 what cannot be read or is refused goes to dead letters before the position moves past it; what is void (disposition `drop`: its session was
 *   deleted) is skipped and counted.
 * - S4 a planned batch (sink-target.ts) is applied again with exactly its ranges before anything else.
 */
export class SinkRunner<Row> {
  readonly #options: SinkRunnerOptions<Row>;
  readonly #metrics: SinkMetrics;
  readonly #logger: Logger;
  readonly #backoff: BackoffOptions;
  readonly #applier: BatchApplier<Row>;
  readonly #collector: RecordCollector<Row>;
  readonly #limits: { readonly batchBytes: number; readonly batchRows: number; readonly lingerMs: number };
  readonly #closing = new AbortController();
  readonly #waiters = new PositionWaiters();
  #running: Promise<void> | undefined;
  #failure: unknown;
  /** Tries in a row that got nothing done. */
  #attempt = 0;

  constructor(options: SinkRunnerOptions<Row>) {
    const { clock, random, target } = options;
    this.#options = options;
    this.#metrics = createSinkMetrics(options.metrics ?? silentMetrics, target.name);
    this.#logger = (options.logger ?? silentLogger).child({ sink: target.name });
    this.#backoff = { clock, random, firstDelayMs: options.firstRetryMs ?? 100, maxDelayMs: options.maxRetryMs ?? 10_000 };
    this.#applier = new BatchApplier<Row>({
      target,
      backoff: this.#backoff,
      metrics: this.#metrics,
      logger: this.#logger,
      refuse: (row, error) => this.#sendLetter(row, error),
    });
    this.#collector = new RecordCollector<Row>({
      log: options.log,
      target,
      refuse: (record, error) => this.#sendLetter(record, error),
      onVoid: () => this.#metrics.skipped(),
    });
    this.#limits = { batchBytes: options.batchBytes ?? 1 << 20, batchRows: options.batchRows ?? 2_000, lingerMs: options.lingerMs ?? 20 };
  }

  get name(): string {
    return this.#options.target.name;
  }

  /** False once the sink has stopped because of an error. */
  get isHealthy(): boolean {
    return this.#failure === undefined;
  }

  /** Begins to read; returns at once. Starting twice is the same as once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Positions after what stands in the target. */
  applied(): readonly TopicPartitionOffset[] {
    return this.#waiters.applied();
  }

  /** Resolves when everything before the positions stands in the target. Rejects when the sink fails or closes first. */
  whenApplied(positions: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#waiters.whenApplied(positions);
  }

  /**
   * Brings the lag metric up to date; on a distributed log this is a request. Apart from applying, so that it rises while the target fails.
   * @throws {LOG_CLOSED | …} what the log throws.
   */
  async measureLag(): Promise<void> {
    const applied = new Map(this.#waiters.applied().map((position) => [partitionId(position), position]));
    for (const end of await this.#options.log.offsets([...applied.values()], 'read_committed')) {
      const nextOffset = applied.get(partitionId(end))?.nextOffset ?? end.nextOffset;
      this.#metrics.lag(end, Math.max(0, Number(end.nextOffset - nextOffset)));
    }
  }

  /** Applies what was read, unless the target is failing, and closes the target. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#running ??= Promise.resolve();
    await this.#running;
    await this.#options.target.close();
  }

  async #run(): Promise<void> {
    this.#metrics.failed(false);
    while (!this.#closing.signal.aborted) {
      const startedAtMs = this.#options.clock.monotonicMs();
      try {
        await this.#replayPlan();
        await this.#readFrom(await this.#startingPoint());
        break;
      } catch (error) {
        if (!isTransient(error)) {
          this.#fail(error);
          return;
        }
        // An idle sink that read well for longer than the longest wait begins anew too.
        const lastedMs = this.#options.clock.monotonicMs() - startedAtMs;
        this.#attempt = lastedMs > this.#backoff.maxDelayMs ? 1 : this.#attempt + 1;
        this.#logger.warn({ code: error.code, attempt: this.#attempt }, error.message);
        await waitBackoff(this.#attempt, this.#backoff, this.#closing.signal);
      }
    }
    this.#waiters.end(new StepwrightError('SINK_FAILED', `The sink ${this.name} was closed.`));
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#metrics.failed(true);
    this.#logger.error({ err: error }, 'the sink stopped; the rest of the process goes on');
    const message = `The sink ${this.name} stopped: ${error instanceof Error ? error.message : String(error)}`;
    this.#waiters.end(new StepwrightError('SINK_FAILED', message, { cause: error }));
    this.#options.onFailed?.(error);
  }

  async #startingPoint(): Promise<readonly TopicPartitionOffset[]> {
    const { log, target } = this.#options;
    const starts = await startPositions(log, target.topics, await target.positions());
    for (const { reset, topic, partition, nextOffset } of starts) {
      this.#waiters.advance({ topic, partition, nextOffset });
      if (reset === undefined) continue;
      this.#metrics.reset(reset);
      this.#logger.warn(
        { topic, partition, nextOffset: nextOffset.toString(), reset },
        'the stored position is not in the log: reading from its start',
      );
    }
    return starts;
  }

  async #readFrom(from: readonly TopicPartitionOffset[]): Promise<void> {
    const { clock } = this.#options;
    const reader = await this.#collector.open(from);
    const pending = new PendingBatch<Row>();
    try {
      let sinceMs = clock.monotonicMs();
      while (!this.#closing.signal.aborted) {
        if (pending.isEmpty) sinceMs = Number.POSITIVE_INFINITY;
        const maxWaitMs = Math.max(0, Math.min(idlePollMs, sinceMs + this.#lingerMs(pending) - clock.monotonicMs()));
        for (const batch of await reader.poll({ maxWaitMs, maxBytes: Math.min(this.#limits.batchBytes, mostPollBytes) })) {
          await this.#collector.collect(batch, pending);
        }
        this.#collector.skip(reader, from, pending);
        sinceMs = Math.min(sinceMs, clock.monotonicMs());
        if (this.#isDue(pending, sinceMs)) await this.#apply(pending.take());
      }
      if (!pending.isEmpty) await this.#apply(pending.take());
    } finally {
      await reader.close();
    }
  }

  #isDue(pending: PendingBatch<Row>, sinceMs: number): boolean {
    const { batchBytes, batchRows } = this.#limits;
    if (pending.isEmpty) return false;
    const isFull = pending.bytes >= batchBytes || pending.rowCount >= batchRows;
    return isFull || this.#options.clock.monotonicMs() >= sinceMs + this.#lingerMs(pending);
  }

  /** Positions that moved over markers only are worth a write less often. */
  #lingerMs(pending: PendingBatch<Row>): number {
    const { lingerMs } = this.#limits;
    return pending.rowCount > 0 ? lingerMs : Math.max(lingerMs, emptyLingerMs);
  }

  async #replayPlan(): Promise<void> {
    const { log, target } = this.#options;
    const planned = (await target.plannedRanges?.()) ?? [];
    const batch = await readPlanned(log, this.#collector, planned, this.#closing.signal);
    if (batch !== undefined) await this.#apply(batch);
  }

  async #apply(batch: SinkBatch<Row>): Promise<void> {
    const startedAtMs = this.#options.clock.monotonicMs();
    if (!(await this.#applier.apply(batch, this.#closing.signal))) return;
    this.#attempt = 0;
    this.#metrics.applied(batch.rows.length, (this.#options.clock.monotonicMs() - startedAtMs) / 1000);
    for (const range of batch.ranges) this.#waiters.advance(range);
  }

  async #sendLetter({ topic, partition, offset, key }: SourceRecord, error: StepwrightError): Promise<void> {
    this.#metrics.refused();
    const tenantId = key ? tenantOfKey(key) : undefined;
    const node = `sink-${this.name}`;
    const atMs = this.#options.clock.nowMs();
    const letter = {
      topic,
      partition,
      offset: Number(offset),
      ...(tenantId !== undefined && { tenantId }),
      node,
      taskId: node,
      code: error.code,
      message: error.message,
      atMs,
    };
    await this.#options.deadLetters([letter]);
  }
}

function isTransient(error: unknown): error is StepwrightError {
  if (!(error instanceof StepwrightError)) return false;
  return error.disposition === 'retry' || error.disposition === 'rebuild-task' || error.code === 'LOG_OFFSET_OUT_OF_RANGE';
}
