import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { InputRecord, Log, TopicPartition, TopicPartitionOffset } from '../../topology/log/log.ts';
import { inParallel } from '../runner/in-parallel.ts';
import { partitionId } from '../runner/pending-batch.ts';
import type { SinkBatch, SinkRow, SinkTarget, SourceRange } from '../runner/sink-target.ts';
import { filesOf } from './lake-files.ts';
import { lakeKey, rangesText } from './lake-keys.ts';
import { createLakeProgress, type LakeProgress, type LakeState } from './lake-progress.ts';
import { createLakeRowReader, type LakeRow } from './lake-row.ts';
import { encodeParquet, parquetType } from './parquet-file.ts';

const captureTopic = 'capture.events.v1';
/** Each is made in memory. */
const mostWritesAtATime = 8;

export interface LakeTargetOptions {
  /** Takes the files and the progress. Not closed with the target. */
  readonly store: Pick<ObjectStore, 'get' | 'put'>;
  readonly log: Pick<Log, 'describeTopics'>;
}

/**
 * Carries raw events into Parquet files by tenant and day. Owns `lake/` and `positions/lake/` of the store. Invariants:
 * - L1 the source ranges of a batch are written down before its first file, and name its files, one a tenant and day; positions move when all files stand. A
 *   crash repeats exactly those ranges: the same objects, which are there already or are made.
 * - L2 of several processes one decides the ranges of the next batch; the others find out, finish that batch, and go on behind it (SINK_OVERTAKEN). So every
 *   record is in one file.
 * - L3 values go from topic to file as they are, sealed under the session's key; of headers only what is sealed too or has no words (lake-headers.ts).
 */
export class LakeTarget implements SinkTarget<LakeRow> {
  readonly name = 'lake';
  readonly topics = [captureTopic];
  readonly refusesRows = false;
  readonly #store: LakeTargetOptions['store'];
  readonly #log: LakeTargetOptions['log'];
  readonly #progress: LakeProgress;
  readonly #rows = createLakeRowReader();
  #state: LakeState | undefined;

  constructor({ store, log }: LakeTargetOptions) {
    this.#store = store;
    this.#log = log;
    this.#progress = createLakeProgress(store);
  }

  decode(_topic: string, record: InputRecord): LakeRow {
    return this.#rows.read(record);
  }

  async positions(): Promise<readonly TopicPartitionOffset[]> {
    return (await this.#read()).positions;
  }

  async plannedRanges(): Promise<readonly SourceRange[]> {
    return (await this.#read()).planned;
  }

  async apply({ rows, ranges }: SinkBatch<LakeRow>): Promise<void> {
    this.#rows.beginBatch();
    let state = this.#state ?? (await this.#read());
    if (rows.length > 0 && !isSame(state.planned, ranges)) {
      state = await this.#progress.advance(state, { positions: state.positions, planned: ranges });
      this.#state = state;
    }
    await this.#writeFiles(rows, ranges, state);
    this.#state = await this.#progress.advance(state, { positions: moved(state.positions, ranges), planned: [] });
  }

  /** Nothing goes: whoever destroyed the session's key has made its rows unreadable, those that come late too (L3). */
  async forget(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  async #writeFiles(rows: readonly SinkRow<LakeRow>[], ranges: readonly SourceRange[], state: LakeState): Promise<void> {
    const files = state.isPlannedByPartition ? ranges.flatMap((range) => filesOf(rowsIn(rows, range), [range])) : filesOf(rows, ranges);
    await inParallel(files, mostWritesAtATime, async ({ rows: inside, ...name }) => {
      const body = await encodeParquet(inside, rangesText(name.ranges));
      await this.#put(lakeKey({ ...name, topicId: state.topicId }), body);
    });
  }

  async #put(key: string, body: Buffer): Promise<void> {
    try {
      await this.#store.put(key, body, { contentType: parquetType, ifAbsent: true });
    } catch (error) {
      throw error instanceof StepwrightError && error.disposition === 'dead-letter' ? refusedFile(error) : error;
    }
  }

  async #read(): Promise<LakeState> {
    const [description] = await this.#log.describeTopics([captureTopic]);
    if (description === undefined) {
      throw new StepwrightError('LOG_TOPIC_UNKNOWN', `The lake waits for the topic ${captureTopic}.`, { disposition: 'retry' });
    }
    return (this.#state = await this.#progress.read(description.id));
  }
}

function rowsIn(rows: readonly SinkRow<LakeRow>[], range: SourceRange): readonly SinkRow<LakeRow>[] {
  return rows.filter((row) => partitionId(row) === partitionId(range));
}

/** A file is of many records and none of them is to blame, so the runner must not look for one among parts of the batch, which would be other files. */
function refusedFile(cause: StepwrightError): StepwrightError {
  return new StepwrightError('SINK_FAILED', `The object store refuses a file of the lake: ${cause.message}`, { cause });
}

function isSame(one: readonly SourceRange[], other: readonly SourceRange[]): boolean {
  return rangesText(one) === rangesText(other);
}

/** In an order of its own, so that two processes that finish one batch write the same. */
function moved(positions: readonly TopicPartitionOffset[], ranges: readonly SourceRange[]): readonly TopicPartitionOffset[] {
  const all = new Map<string, TopicPartition & { readonly nextOffset: bigint }>();
  for (const { topic, partition, nextOffset } of [...positions, ...ranges]) {
    all.set(partitionId({ topic, partition }), { topic, partition, nextOffset });
  }
  return [...all.entries()].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, position]) => position);
}
