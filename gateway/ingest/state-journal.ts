import type { Clock } from '../../topology/base/clock.ts';
import { hasCode } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { InputRecord, Log, OutputRecord, Producer, TopicPartition } from '../../topology/log/log.ts';
import { foldDelta, snapshotOf } from './session-state.ts';
import type { DeltaCodec } from './session-state.ts';
import type { SessionTable } from './session-table.ts';

export const ingestHeader = 'stepwright-ingest';
const positionPrefix = '#position/';
/** A state stays this many times `maxSilenceMs`, so that a late sender hears SESSION_TOO_OLD and not that nobody knows it. */
const keptSilences = 2;

export interface StateJournalOptions {
  readonly log: Log;
  readonly captureTopic: string;
  readonly stateTopic: string;
  readonly table: SessionTable;
  readonly deltas: DeltaCodec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly maxSilenceMs: number;
}

/**
 * Brings the session table through a restart. The truth is the header of each chunk, which is durable with the chunk itself; the state topic
 * only shortens the way to it.
 *
 * - J1: an append costs no second write: states go to the state topic every few seconds, with the positions that they cover, in one
 *   write to one partition, so all of it stands or none.
 * - J2: when a position is written, every *acked* chunk before it is in the states of the same write: the table is changed before the ack
 *   goes out, and a checkpoint takes states and positions in one turn of the event loop. A chunk that was never acked may be passed over:
 *   its sender resends it.
 * - J3: restore reads the states, then folds the chunks from the positions to the end of the log. Folding twice changes nothing.
 */
export class StateJournal {
  readonly #options: StateJournalOptions;
  /** Next offset of each capture partition behind our last folded chunk. */
  readonly #positions = new Map<number, bigint>();
  #producer: Producer | undefined;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: StateJournalOptions) {
    this.#options = options;
  }

  /** Fills the table. @throws {LOG_TOPIC_UNKNOWN} when the capture topic is missing. */
  async restore(producer: Producer): Promise<{ readonly sessions: number; readonly foldedChunks: number }> {
    const { log, captureTopic, stateTopic, table } = this.#options;
    await log.createTopics([{ name: stateTopic, partitionCount: 1, cleanup: 'compact' }]);
    await this.#read([{ topic: stateTopic, partition: 0, nextOffset: 0n }], (record) => this.#foldState(record));
    const [topic] = await log.describeTopics([captureTopic]);
    const from = Array.from({ length: topic?.partitionCount ?? 0 }, (_, partition) => ({
      topic: captureTopic,
      partition,
      nextOffset: this.#positions.get(partition) ?? 0n,
    }));
    let foldedChunks = 0;
    await this.#read(from, (record, { partition }) => {
      this.#positions.set(partition, record.offset + 1n);
      if (this.#foldChunk(record)) foldedChunks += 1;
    });
    this.#producer = producer;
    this.#schedule();
    return { sessions: table.size, foldedChunks };
  }

  /** Call after the table has the new state and before the ack (J2). */
  folded(partition: number, offset: bigint): void {
    const before = this.#positions.get(partition) ?? 0n;
    if (offset + 1n > before) this.#positions.set(partition, offset + 1n);
  }

  /** Writes what changed. A failure is logged and tried again with the next checkpoint: nothing depends on it but the time of a restart. */
  checkpoint(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.checkpoint();
  }

  #schedule(): void {
    // A checkpoint that was under way when it closed comes here once more.
    if (this.#closed) return;
    this.#cancelTimer = this.#options.clock.setTimer(this.#options.intervalMs, () => {
      void this.checkpoint().then(() => this.#schedule());
    });
  }

  async #write(): Promise<void> {
    const { table, clock, logger, maxSilenceMs } = this.#options;
    for (const scope of table.silentSince(clock.nowMs() - keptSilences * maxSilenceMs)) table.delete(scope);
    const scopes = table.takeDirty();
    if (scopes.length === 0 || this.#producer === undefined) return;
    try {
      const positions = [...this.#positions].map(([partition, next]) =>
        this.#record(`${positionPrefix}${partition}`, Buffer.from(String(next))),
      );
      // Sealing may fail as well as sending: a key cannot be read, a disk is full.
      const states = scopes.map((scope) => this.#record(scope, this.#snapshot(scope)));
      await this.#producer.send([...states, ...positions]);
    } catch (error) {
      table.markDirty(scopes);
      logger.warn({ err: error }, 'ingest states were not written; the next checkpoint tries again');
    }
  }

  #record(key: string, value: Buffer | null): OutputRecord {
    return { topic: this.#options.stateTopic, partition: 0, key: Buffer.from(key), value, timestampMs: this.#options.clock.nowMs() };
  }

  /** `null`, a tombstone, for a session that is not known any more or was deleted. */
  #snapshot(scope: string): Buffer | null {
    const { table, deltas } = this.#options;
    const state = table.get(scope);
    try {
      return state === undefined ? null : deltas.encode(snapshotOf(state), scope);
    } catch (error) {
      if (hasCode(error, 'SEAL_KEY_GONE')) return null;
      throw error;
    }
  }

  #foldState(record: InputRecord): void {
    const key = record.key?.toString() ?? '';
    if (key.startsWith(positionPrefix)) {
      if (record.value !== null) this.#positions.set(Number(key.slice(positionPrefix.length)), BigInt(record.value.toString()));
      return;
    }
    if (record.value === null) this.#options.table.delete(key);
    else this.#fold(key, record.value);
  }

  /** Records without our header are facts of the platform: they change nothing here. */
  #foldChunk(record: InputRecord): boolean {
    const header = record.headers.find(([name]) => name === ingestHeader)?.[1];
    return header !== undefined && record.key !== null && this.#fold(record.key.toString(), header);
  }

  #fold(scope: string, bytes: Buffer): boolean {
    const [tenantId, sessionId] = scope.split('/');
    const delta = this.#options.deltas.decode(bytes, scope);
    if (delta === undefined || tenantId === undefined || sessionId === undefined) return false;
    const state = foldDelta({ tenantId, sessionId }, this.#options.table.get(scope), delta);
    if (state !== undefined) this.#options.table.set(state);
    return state !== undefined;
  }

  async #read(
    from: readonly (TopicPartition & { readonly nextOffset: bigint })[],
    fold: (record: InputRecord, at: TopicPartition) => void,
  ): Promise<void> {
    if (from.length === 0) return;
    const { log } = this.#options;
    const ranges = await log.offsets(from, 'read_committed');
    const positions = from.map((wanted, index) => {
      const startOffset = ranges[index]?.startOffset ?? 0n;
      return { ...wanted, nextOffset: wanted.nextOffset > startOffset ? wanted.nextOffset : startOffset };
    });
    const reader = await log.openReader({ from: positions });
    try {
      while (ranges.some((range) => reader.position(range) < range.nextOffset)) {
        for (const batch of await reader.poll({ maxWaitMs: 1_000 })) for (const record of batch.records) fold(record, batch);
      }
    } finally {
      await reader.close();
    }
  }
}
