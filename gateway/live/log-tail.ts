import type { Clock } from '../../topology/base/clock.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { InputRecord, Log, PartitionReader, RecordBatch, TopicPartition, TopicPartitionOffset } from '../../topology/log/log.ts';
import type { LiveHub } from './live-hub.ts';
import type { TailRecord } from './partition-ring.ts';

export interface LogTailOptions {
  readonly log: Log;
  readonly stepsTopic: string;
  readonly sessionsTopic: string;
  readonly hub: LiveHub;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The tail lost its place: watchers must reload. */
  readonly onRestarted: () => void;
}

const pollWaitMs = 1_000;
const retryMs = 1_000;

/** Reads the live topics once for all watchers of the process, without a group, from the end on. */
export class LogTail {
  readonly #options: LogTailOptions;
  #reader: PartitionReader | undefined;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  #stepsTopicId = '';
  #partitionCount = 1;

  constructor(options: LogTailOptions) {
    this.#options = options;
  }

  /** Id of the steps topic: another one means another history. */
  get stepsTopicId(): string {
    return this.#stepsTopicId;
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** Records from before this resolved are not fed. @throws {LOG_TOPIC_UNKNOWN} */
  async start(): Promise<void> {
    await this.#open();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reader?.close();
    await this.#running;
    // A recovery that was under way may have opened another one.
    await this.#reader?.close();
  }

  /** Records of a session in `[from, to)` of the steps topic; `undefined` when the log does not reach back or it is more than `maxRecords`. */
  async readRange(
    at: TopicPartition,
    scope: string,
    range: { readonly from: bigint; readonly to: bigint },
    maxRecords: number,
  ): Promise<readonly TailRecord[] | undefined> {
    const [bounds] = await this.#options.log.offsets([at], 'read_committed');
    if (bounds === undefined || range.from < bounds.startOffset) return undefined;
    const reader = await this.#options.log.openReader({ from: [{ ...at, nextOffset: range.from }], isolation: 'read_committed' });
    const found: TailRecord[] = [];
    let seenCount = 0;
    try {
      while (reader.position(at) < range.to) {
        for (const { records } of await reader.poll({ maxWaitMs: pollWaitMs })) {
          seenCount += records.length;
          found.push(...tailRecords(records).filter((record) => record.scope === scope && record.offset < range.to));
        }
        if (seenCount > maxRecords || this.#stopped) return undefined;
      }
    } catch (error) {
      if (hasCode(error, 'LOG_OFFSET_OUT_OF_RANGE')) return undefined;
      throw error;
    } finally {
      await reader.close();
    }
    return found;
  }

  /** Position behind the last committed record. */
  async endOf(at: TopicPartition): Promise<bigint> {
    const [bounds] = await this.#options.log.offsets([at], 'read_committed');
    return bounds?.nextOffset ?? 0n;
  }

  async #open(): Promise<void> {
    const { log, stepsTopic, sessionsTopic, hub } = this.#options;
    const [steps, sessions] = await log.describeTopics([stepsTopic, sessionsTopic]);
    if (steps === undefined || sessions === undefined) {
      throw new StepwrightError('LOG_TOPIC_UNKNOWN', `the topics ${stepsTopic} and ${sessionsTopic} must exist before the gateway starts`);
    }
    this.#stepsTopicId = steps.id;
    this.#partitionCount = steps.partitionCount;
    const partitions = [steps, sessions].flatMap(({ name: topic, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
    );
    const ranges = await log.offsets(partitions, 'read_committed');
    const from: readonly TopicPartitionOffset[] = ranges.map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset }));
    hub.reset(new Map(from.filter(({ topic }) => topic === stepsTopic).map(({ partition, nextOffset }) => [partition, nextOffset])));
    this.#reader = await log.openReader({ from, isolation: 'read_committed' });
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        for (const batch of (await this.#reader?.poll({ maxWaitMs: pollWaitMs })) ?? []) this.#feed(batch);
      } catch (error) {
        if (!this.#hasStopped()) await this.#recover(error);
      }
    }
  }

  #hasStopped(): boolean {
    return this.#stopped;
  }

  #feed(batch: RecordBatch): void {
    const { hub, stepsTopic } = this.#options;
    const records = tailRecords(batch.records);
    if (batch.topic === stepsTopic) hub.feedSteps(batch.partition, records, batch.nextOffset);
    else hub.feedSessions(batch.partition, records);
  }

  /** What was missed is not known any more: begin at the end, and let every watcher take a new snapshot. */
  async #recover(error: unknown): Promise<void> {
    const { logger, clock, onRestarted } = this.#options;
    logger.error({ err: error }, 'the live tail broke off; it begins anew at the end of the log');
    await this.#reader?.close().catch(() => {});
    await new Promise<void>((resolve) => void clock.setTimer(retryMs, resolve));
    if (this.#stopped) return;
    try {
      await this.#open();
      onRestarted();
    } catch (cause) {
      logger.error({ err: cause }, 'the live tail did not come back yet');
    }
  }
}

/** Copies: buffers of a batch end with it. Tombstones say nothing to a watcher. */
function tailRecords(records: readonly InputRecord[]): readonly TailRecord[] {
  const found: TailRecord[] = [];
  for (const { offset, key, value } of records) {
    if (key !== null && value !== null) found.push({ offset, scope: key.toString(), value: Buffer.from(value) });
  }
  return found;
}
