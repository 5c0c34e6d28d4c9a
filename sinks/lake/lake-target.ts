import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { InputRecord, Log, TopicPartition, TopicPartitionOffset } from '../../topology/log/log.ts';
import { inParallel } from '../runner/in-parallel.ts';
import { partitionId } from '../runner/pending-batch.ts';
import type { SinkBatch, SinkRow, SinkTarget, SourceRange } from '../runner/sink-target.ts';
import { lakeDay, lakeKey, type LakeFileName } from './lake-keys.ts';
import { createLakeProgress, type LakeProgress, type LakeState } from './lake-progress.ts';
import { lakeRowOf, type LakeRow } from './lake-row.ts';
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
 * - L1 the source ranges of a batch are written down before its first file, and name its files; positions move when all files stand. A crash repeats
 *   exactly those ranges: the same objects, which are there already or are made.
 * - L2 of several processes one decides the ranges of the next batch; the others find out, finish that batch, and go on behind it (SINK_OVERTAKEN). So every
 *   record is in one file.
 * - L3 values go from topic to file as they are, sealed under the session's key.
 */
export class LakeTarget implements SinkTarget<LakeRow> {
  readonly name = 'lake';
  readonly topics = [captureTopic];
  readonly #store: LakeTargetOptions['store'];
  readonly #log: LakeTargetOptions['log'];
  readonly #progress: LakeProgress;
  #state: LakeState | undefined;

  constructor({ store, log }: LakeTargetOptions) {
    this.#store = store;
    this.#log = log;
    this.#progress = createLakeProgress(store);
  }

  decode(_topic: string, record: InputRecord): LakeRow {
    return lakeRowOf(record);
  }

  async positions(): Promise<readonly TopicPartitionOffset[]> {
    return (await this.#read()).positions;
  }

  async plannedRanges(): Promise<readonly SourceRange[]> {
    return (await this.#read()).planned;
  }

  async apply({ rows, ranges }: SinkBatch<LakeRow>): Promise<void> {
    let state = this.#state ?? (await this.#read());
    if (rows.length > 0 && ranges.length > 0 && !isSame(state.planned, ranges)) {
      state = await this.#progress.advance(state, { positions: state.positions, planned: ranges });
      this.#state = state;
    }
    await this.#writeFiles(rows, ranges.length > 0 ? ranges : coveredBy(rows), state.topicId);
    if (ranges.length > 0) this.#state = await this.#progress.advance(state, { positions: moved(state.positions, ranges), planned: [] });
  }

  /** Nothing goes: whoever destroyed the session's key has made its rows unreadable, those that come late too (L3). */
  async forget(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  async #writeFiles(rows: readonly SinkRow<LakeRow>[], ranges: readonly SourceRange[], topicId: string): Promise<void> {
    const files = ranges.flatMap((range) => filesOf(rows, range));
    await inParallel(files, mostWritesAtATime, async ({ rows: inside, ...name }) => {
      const body = await encodeParquet(inside);
      await this.#store.put(lakeKey({ ...name, topicId }), body, { contentType: parquetType, ifAbsent: true });
    });
  }

  async #read(): Promise<LakeState> {
    const [description] = await this.#log.describeTopics([captureTopic]);
    if (description === undefined) {
      throw new StepwrightError('LOG_TOPIC_UNKNOWN', `The lake waits for the topic ${captureTopic}.`, { disposition: 'retry' });
    }
    return (this.#state = await this.#progress.read(description.id));
  }
}

interface LakeFile extends Omit<LakeFileName, 'topicId'> {
  readonly rows: readonly SinkRow<LakeRow>[];
}

function filesOf(rows: readonly SinkRow<LakeRow>[], range: SourceRange): readonly LakeFile[] {
  const inside = rows.filter((row) => partitionId(row) === partitionId(range));
  return [...groupBy(inside, ({ row }) => row.tenantId)].flatMap(([tenantId, ofTenant]) =>
    [...groupBy(ofTenant, ({ row }) => lakeDay(row.timestampMs))].map(([day, ofDay]) => ({ tenantId, day, range, rows: ofDay })),
  );
}

function groupBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group === undefined) groups.set(nameOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function isSame(one: readonly SourceRange[], other: readonly SourceRange[]): boolean {
  return one.map(rangeId).toSorted().join() === other.map(rangeId).toSorted().join();
}

function rangeId(range: SourceRange): string {
  return `${partitionId(range)} ${range.fromOffset} ${range.nextOffset}`;
}

/** Of a part of a batch, which the runner applies without ranges when the store refused the whole. */
function coveredBy(rows: readonly SinkRow<LakeRow>[]): readonly SourceRange[] {
  const ranges = new Map<string, SourceRange>();
  for (const { topic, partition, offset } of rows) {
    const fromOffset = ranges.get(partitionId({ topic, partition }))?.fromOffset ?? offset;
    ranges.set(partitionId({ topic, partition }), { topic, partition, fromOffset, nextOffset: offset + 1n });
  }
  return [...ranges.values()];
}

/** In an order of its own, so that two processes that finish one batch write the same. */
function moved(positions: readonly TopicPartitionOffset[], ranges: readonly SourceRange[]): readonly TopicPartitionOffset[] {
  const all = new Map<string, TopicPartition & { readonly nextOffset: bigint }>();
  for (const { topic, partition, nextOffset } of [...positions, ...ranges]) {
    all.set(partitionId({ topic, partition }), { topic, partition, nextOffset });
  }
  return [...all.entries()].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, position]) => position);
}
