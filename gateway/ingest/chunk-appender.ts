import { ingestHeader } from '../../schemas/record-headers.ts';
import type { Serde } from '../../schemas/serde.ts';
import type { CaptureChunk, CaptureEvent } from '../../schemas/types/capture-event.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { partitionOfKey } from '../../topology/base/partition.ts';
import type { OutputRecord } from '../../topology/log/log.ts';
import type { AppendQueue } from './append-queue.ts';
import type { DeltaCodec, SessionState, StateDelta } from './session-state.ts';
import { mergeStates, scopeOf } from './session-state.ts';
import type { SessionTable } from './session-table.ts';
import type { StateJournal } from './state-journal.ts';

export interface ChunkAppenderOptions {
  readonly queue: AppendQueue;
  readonly journal: StateJournal;
  readonly table: SessionTable;
  readonly chunkSerde: Serde<CaptureChunk>;
  readonly deltas: DeltaCodec;
  readonly captureTopic: string;
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly maxChunkBytes: number;
}

/** What an append is about to change. */
export interface Append {
  /** The state once all events are durable. */
  readonly after: SessionState;
  readonly events: readonly CaptureEvent[];
  readonly addedFields: readonly string[];
  /** Only for the first chunk of a session. */
  readonly opening?: boolean;
  /** JSON size of the events, to know whether one record holds them. */
  readonly sizeBytes: number;
}

/** Makes sealed chunks of events and folds the new state in once they are durable. Called under the session's lock, so in seq order. */
export class ChunkAppender {
  readonly #options: ChunkAppenderOptions;

  constructor(options: ChunkAppenderOptions) {
    this.#options = options;
  }

  /** Resolves when everything is durable and the table says so. @throws {SEAL_KEY_GONE | LOG_…} nothing may be acked. */
  async append(append: Append): Promise<SessionState> {
    const { queue, journal, table, clock } = this.#options;
    const after = { ...append.after, lastAppendAtMs: clock.nowMs() };
    const parts = this.#split(append.events, append.sizeBytes);
    const records = parts.map((events) => this.#record(after, events, this.#delta(after, events, append)));
    const offsets = await Promise.all(records.map((record) => queue.append(record)));
    const merged = mergeStates(table.get(scopeOf(after.tenantId, after.sessionId)), after);
    // The table first, then the position: see J2.
    table.set(merged);
    records.forEach((record, index) => journal.folded(record.partition, offsets[index] ?? 0n));
    return merged;
  }

  partitionOf(scope: string): number {
    return partitionOfKey(Buffer.from(scope), this.#options.partitionCount);
  }

  #split(events: readonly CaptureEvent[], sizeBytes: number): readonly (readonly CaptureEvent[])[] {
    const { maxChunkBytes } = this.#options;
    if (sizeBytes <= maxChunkBytes) return [events];
    const parts: CaptureEvent[][] = [];
    let partBytes = Number.POSITIVE_INFINITY;
    for (const event of events) {
      const eventBytes = JSON.stringify(event).length;
      if (partBytes + eventBytes > maxChunkBytes) {
        parts.push([]);
        partBytes = 0;
      }
      parts.at(-1)?.push(event);
      partBytes += eventBytes;
    }
    return parts;
  }

  #delta(after: SessionState, events: readonly CaptureEvent[], append: Append): StateDelta {
    const ackedSeq = events.at(-1)?.seq ?? after.ackedSeq;
    const { deviceId, lastAppendAtMs, openedAtMs, clockSkewMs, policy } = after;
    // A part before the last must not finish the session: its status holds from the last event on.
    const status = ackedSeq === after.ackedSeq ? after.status : 'recording';
    return {
      deviceId,
      status,
      ackedSeq,
      lastAppendAtMs,
      // In each part: a checkpoint between two log writes may pass over the first, and P1 must hold whichever parts a restart reads.
      addedFields: append.addedFields,
      ...(append.opening === true ? { opened: { openedAtMs, clockSkewMs, policy } } : {}),
    };
  }

  #record(state: SessionState, events: readonly CaptureEvent[], delta: StateDelta): OutputRecord {
    const { chunkSerde, deltas, captureTopic, partitionCount } = this.#options;
    const { tenantId, sessionId, deviceId, lastAppendAtMs } = state;
    const scope = scopeOf(tenantId, sessionId);
    const key = Buffer.from(scope);
    return {
      topic: captureTopic,
      partition: partitionOfKey(key, partitionCount),
      key,
      value: chunkSerde.serialize({ tenantId, sessionId, deviceId, receivedAtMs: lastAppendAtMs, events }, key),
      // Ingest's clock: an agent whose clock is years off must not move the partition's time (T5).
      timestampMs: lastAppendAtMs,
      headers: [[ingestHeader, deltas.encode(delta, scope)]],
    };
  }
}
