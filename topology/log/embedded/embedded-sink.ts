import assert from 'node:assert/strict';
import type { GroupMembership, OffsetCommit, OutputRecord, Producer, TransactionalSink } from '../log.ts';
import { fenced, logClosed, recordTooLarge } from '../local/log-errors.ts';
import { recordBytes } from '../local/record-bytes.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { EmbeddedPartition } from './embedded-partition.ts';
import type { TopicCatalog } from './topic-catalog.ts';

export interface EmbeddedWriterDeps {
  readonly topics: TopicCatalog;
  readonly queue: CommitQueue;
  readonly maxRecordBytes: number;
  readonly assertOpen: () => void;
}

export interface EmbeddedSinkDeps extends EmbeddedWriterDeps {
  /** @throws {LOG_STALE_MEMBER} */
  readonly checkCommit: (membership: GroupMembership, offsets: readonly OffsetCommit[]) => void;
  readonly onClose: (sink: EmbeddedSink) => void;
}

/** Records of one transaction or call, by partition. A record that is refused leaves it as it was. */
class RecordBuffer {
  readonly #deps: EmbeddedWriterDeps;
  readonly records = new Map<EmbeddedPartition, OutputRecord[]>();

  constructor(deps: EmbeddedWriterDeps) {
    this.#deps = deps;
  }

  /** @throws {LOG_TOPIC_UNKNOWN} @throws {LOG_RECORD_TOO_LARGE} and takes none of them. */
  add(records: readonly OutputRecord[]): readonly EmbeddedPartition[] {
    const partitions: EmbeddedPartition[] = [];
    for (const record of records) partitions.push(this.#target(record));
    let index = 0;
    for (const partition of partitions) {
      const record = records[index++];
      if (record !== undefined) this.#listOf(partition).push(record);
    }
    return partitions;
  }

  #listOf(partition: EmbeddedPartition): OutputRecord[] {
    const known = this.records.get(partition);
    if (known !== undefined) return known;
    const list: OutputRecord[] = [];
    this.records.set(partition, list);
    return list;
  }

  #target(record: OutputRecord): EmbeddedPartition {
    assert(Number.isSafeInteger(record.timestampMs), 'timestampMs is a whole number of milliseconds');
    const sizeBytes = recordBytes(record);
    if (sizeBytes > this.#deps.maxRecordBytes) throw recordTooLarge(record, sizeBytes, this.#deps.maxRecordBytes);
    return this.#deps.topics.partition(record);
  }
}

/**
 * One owner of a transactional id. A transaction lives in memory until `commit` writes it in one piece, so an abort writes nothing and an open
 * transaction holds no reader back; a time limit on it is therefore not needed and not kept.
 */
export class EmbeddedSink implements TransactionalSink {
  readonly transactionalId: string;
  readonly #deps: EmbeddedSinkDeps;
  #open: RecordBuffer | undefined;
  #state: 'ready' | 'fenced' | 'closed' = 'ready';

  constructor(deps: EmbeddedSinkDeps, transactionalId: string) {
    this.#deps = deps;
    this.transactionalId = transactionalId;
  }

  begin(): void {
    this.#assertOwner();
    assert(this.#open === undefined, 'begin inside an open transaction');
    this.#open = new RecordBuffer(this.#deps);
  }

  send(records: readonly OutputRecord[]): void {
    this.#transaction().add(records);
  }

  async commit(offsets: readonly OffsetCommit[], membership: GroupMembership | undefined): Promise<void> {
    const open = this.#transaction();
    assert(membership !== undefined || offsets.length === 0, 'offsets need the membership they are committed under');
    const check = (): void => {
      this.#assertOwner();
      if (membership !== undefined) this.#deps.checkCommit(membership, offsets);
    };
    const positions = membership === undefined ? {} : { offsets: { groupId: membership.groupId, commits: offsets } };
    await this.#deps.queue.append({ check, records: open.records, ...positions });
    this.#open = undefined;
  }

  abort(): Promise<void> {
    this.#assertOwner();
    this.#open = undefined;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#open = undefined;
    if (this.#state === 'ready') this.#state = 'closed';
    this.#deps.onClose(this);
    return Promise.resolve();
  }

  /** A newer owner has come: every later call throws, and so does a commit that waits for its write. */
  fence(): void {
    this.#state = 'fenced';
    this.#open = undefined;
  }

  #transaction(): RecordBuffer {
    this.#assertOwner();
    assert(this.#open !== undefined, 'no transaction is open: call begin first');
    return this.#open;
  }

  #assertOwner(): void {
    if (this.#state === 'fenced') throw fenced(this.transactionalId);
    if (this.#state === 'closed') throw logClosed(`the sink of "${this.transactionalId}"`);
    this.#deps.assertOpen();
  }
}

/** Each call is one append; calls of one turn of the event loop share a write. */
export function createEmbeddedProducer(deps: EmbeddedWriterDeps): Producer {
  let isClosed = false;
  return {
    send: async (records) => {
      if (isClosed) throw logClosed('this producer');
      deps.assertOpen();
      const buffer = new RecordBuffer(deps);
      const partitions = buffer.add(records);
      const bases = await deps.queue.append({ check: deps.assertOpen, records: buffer.records });
      return offsetsInOrder(partitions, bases);
    },
    close: async () => {
      isClosed = true;
    },
  };
}

function offsetsInOrder(partitions: readonly EmbeddedPartition[], bases: ReadonlyMap<EmbeddedPartition, bigint>): readonly bigint[] {
  const next = new Map(bases);
  return partitions.map((partition) => {
    const offset = next.get(partition) ?? 0n;
    next.set(partition, offset + 1n);
    return offset;
  });
}
