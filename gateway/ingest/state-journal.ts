import { ingestHeader } from '../../schemas/record-headers.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { hasCode } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { InputRecord, Log, OutputRecord, Producer, TopicPartition } from '../../topology/log/log.ts';
import { CaptureFollower } from './capture-follower.ts';
import { journalKeys, type JournalKeys } from './journal-keys.ts';
import { foldDelta, snapshotOf } from './session-state.ts';
import type { DeltaCodec } from './session-state.ts';
import type { SessionTable } from './session-table.ts';

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
  /** Of this gateway among those that write to the same topics; undefined when there is no other. */
  readonly gatewayId: string | undefined;
  /** Called before each checkpoint: the states of others' sessions come by following, and nobody opens them here. */
  readonly beforeCheckpoint?: () => void;
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
 * - J4: several gateways write one state topic, each under keys of its own, and each follows the chunks of all. So the states of any one gateway and its
 *   positions belong together, and a restore may begin at the highest position of any of them, that of a gateway that died included.
 */
export class StateJournal {
  readonly #options: StateJournalOptions;
  /** Next offset of each capture partition behind our last folded chunk. */
  readonly #positions = new Map<number, bigint>();
  #producer: Producer | undefined;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #keys: JournalKeys;
  readonly #follower: CaptureFollower | undefined;
  /** Keys of gateways that may be gone, of sessions too old to matter: deleted with the first checkpoint. */
  #leftovers: readonly string[] = [];

  constructor(options: StateJournalOptions) {
    const { gatewayId, log, captureTopic: topic, clock, logger } = options;
    this.#options = options;
    this.#keys = journalKeys(gatewayId);
    const fold = (record: InputRecord): void => void this.#foldChunk(record);
    this.#follower = gatewayId === undefined ? undefined : new CaptureFollower({ log, topic, clock, logger, fold });
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
    for (const { partition, nextOffset } of from) this.#positions.set(partition, nextOffset);
    let foldedChunks = 0;
    await this.#read(from, (record, { partition }) => {
      this.#positions.set(partition, record.offset + 1n);
      if (this.#foldChunk(record)) foldedChunks += 1;
    });
    this.#producer = producer;
    this.#follower?.start(this.#positions);
    this.#schedule();
    return { sessions: table.size, foldedChunks };
  }

  /**
   * Every chunk of the session's partition that was durable before the call is in the table; at once when no other gateway writes.
   * @throws {LOG_UNAVAILABLE}
   */
  async caughtUp(partition: number): Promise<void> {
    await this.#follower?.caughtUp(partition);
  }

  /** A chunk that this gateway acked into its spool in an earlier life: it stands in the log later. */
  spooled(record: Pick<InputRecord, 'key' | 'headers'>): void {
    this.#foldChunk(record);
  }

  /** Call after the table has the new state and before the ack (J2). */
  folded(partition: number, offset: bigint): void {
    // Chunks of others may stand before it: only the follower knows that they were folded.
    if (this.#follower !== undefined) return;
    const before = this.#positions.get(partition) ?? 0n;
    if (offset + 1n > before) this.#positions.set(partition, offset + 1n);
  }

  /** Writes what changed. A failure is logged and tried again with the next checkpoint: nothing depends on it but the time of a restart. */
  checkpoint(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** `keep` leaves the states to the next start's reading, when the log could not take them now. */
  async close({ keep = false }: { readonly keep?: boolean } = {}): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    if (!keep) await this.checkpoint();
    await this.#follower?.stop();
  }

  #schedule(): void {
    // A checkpoint that was under way when it closed comes here once more.
    if (this.#closed) return;
    this.#cancelTimer = this.#options.clock.setTimer(this.#options.intervalMs, () => {
      void this.checkpoint().then(() => this.#schedule());
    });
  }

  async #write(): Promise<void> {
    const { table, clock, logger, maxSilenceMs, beforeCheckpoint } = this.#options;
    beforeCheckpoint?.();
    for (const scope of table.silentSince(clock.nowMs() - keptSilences * maxSilenceMs)) table.delete(scope);
    const scopes = table.takeDirty();
    if (scopes.length === 0 || this.#producer === undefined) return;
    try {
      const covered = this.#follower?.positions() ?? this.#positions;
      const positions = [...covered].map(([partition, next]) => this.#record(this.#keys.ofPosition(partition), Buffer.from(String(next))));
      // Sealing may fail as well as sending: a key cannot be read, a disk is full.
      const states = scopes.map((scope) => this.#record(this.#keys.ofState(scope), this.#snapshot(scope)));
      const deletions = this.#leftovers.map((key) => this.#record(key, null));
      await this.#producer.send([...states, ...deletions, ...positions]);
      this.#leftovers = [];
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

  #foldState({ key: bytes, value }: InputRecord): void {
    const key = bytes?.toString() ?? '';
    const { isOwn, scope, partition } = this.#keys.parse(key);
    if (partition !== undefined) this.#foldPosition(partition, value);
    if (scope === undefined) return;
    if (value !== null && (isOwn || !this.#isTooOld(scope, value))) this.#fold(scope, value);
    else if (value !== null) this.#leftovers = [...this.#leftovers, key];
    else if (this.#follower === undefined) this.#options.table.delete(scope);
  }

  /** J4: any gateway's states cover the chunks before its own position. */
  #foldPosition(partition: number, value: Buffer | null): void {
    const nextOffset = BigInt(value?.toString() ?? 0);
    if (nextOffset > (this.#positions.get(partition) ?? 0n)) this.#positions.set(partition, nextOffset);
  }

  #isTooOld(scope: string, bytes: Buffer): boolean {
    const { clock, deltas, maxSilenceMs } = this.#options;
    const delta = deltas.decode(bytes, scope);
    return delta === undefined || delta.lastAppendAtMs < clock.nowMs() - keptSilences * maxSilenceMs;
  }

  /** Records without our header are facts of the platform: they change nothing here. */
  #foldChunk(record: Pick<InputRecord, 'key' | 'headers'>): boolean {
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
    const isolation = this.#options.gatewayId === undefined ? 'read_committed' : 'read_uncommitted';
    const ranges = await log.offsets(from, isolation);
    const positions = from.map((wanted, index) => {
      const startOffset = ranges[index]?.startOffset ?? 0n;
      return { ...wanted, nextOffset: wanted.nextOffset > startOffset ? wanted.nextOffset : startOffset };
    });
    const reader = await log.openReader({ from: positions, isolation });
    try {
      while (ranges.some((range) => reader.position(range) < range.nextOffset)) {
        for (const batch of await reader.poll({ maxWaitMs: 1_000 })) for (const record of batch.records) fold(record, batch);
      }
    } finally {
      await reader.close();
    }
  }
}
