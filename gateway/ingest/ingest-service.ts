import type { CaptureEvent, SessionOpened } from '../../schemas/types/capture-event.ts';
import type { Counter } from '../../topology/base/metrics.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { runAll } from '../../topology/base/run-all.ts';
import type { Producer } from '../../topology/log/log.ts';
import { refuse, Refusal } from '../http/refusal.ts';
import type { SessionRef } from '../http/session-ref.ts';
import { AppendQueue } from './append-queue.ts';
import { ChunkAppender } from './chunk-appender.ts';
import type { EventBatch, ReceivedEvent } from './event-batch.ts';
import { statusAfter } from './event-batch.ts';
import type { ImageHeader } from './image-header.ts';
import { KeyedLock } from '../../topology/base/keyed-lock.ts';
import type { IngestDeps } from './ports.ts';
import { guardProtected, noProtectedFields } from './protected-fields.ts';
import { checkDevice, refuseClosed, refuseOld, settleMark, type Mark, type RuleMoment } from './session-rules.ts';
import { Screenshots } from './screenshots.ts';
import { Spool } from './spool/spool.ts';
import { SpoolingProducer } from './spool/spooling-producer.ts';
import type { DeltaCodec, SessionState } from './session-state.ts';
import { createDeltaCodec, scopeOf } from './session-state.ts';
import { SessionBound } from './session-bound.ts';
import { SessionTable } from './session-table.ts';
import { StateJournal } from './state-journal.ts';

export interface OpenRequest {
  readonly tenantId: string;
  /** Chosen by the agent, so that opening again is safe; absent: one is made. */
  readonly sessionId: string | undefined;
  readonly deviceId: string;
  /** Agent's clock at open. */
  readonly atMs: number;
  readonly title?: string;
  readonly agent: SessionOpened['agent'];
}

export interface Opened {
  readonly state: SessionState;
  /** The session was there already. */
  readonly resumed: boolean;
}

export interface Appended {
  readonly state: SessionState;
  readonly appendedCount: number;
  readonly duplicateCount: number;
  /** Events that lost a protected value or a key. */
  readonly droppedCount: number;
  /** Pictures that must be uploaded before the ack moves on. */
  readonly missing: readonly string[];
  /** Events whose corrected time is more than a day from now. */
  readonly farOffCount: number;
}

interface Ready {
  readonly ready: readonly ReceivedEvent[];
  readonly missing: readonly string[];
}

const dayMs = 24 * 3_600_000;

/**
 * The life of recordings at the edge. Owns the session states, the write path to `capture.events` and quarantine; knows nothing of HTTP.
 * All changes of one session run one after the other.
 *
 * - I1: acked means durable: the ack is the highest seq up to which every event is in the log and every picture is stored.
 * - I2: an event is appended once as far as this process knows; what it cannot know (a write without an answer) is appended again, and
 *   sessionize drops it by seq.
 * - I3: secrets are dropped before anything is sealed, queued or spooled (P1–P4).
 * - I5: several gateways: a request that speaks of more than this one knows is judged only after everything in the log was folded. The ack of an agent
 *   never goes back: events that another gateway acked and the log does not have yet are waited for.
 * - I4: a deleted session stays deleted: the keyring's tombstone is asked first, and sealing fails after it.
 */
export class IngestService {
  readonly #deps: IngestDeps;
  readonly #table = new SessionTable();
  readonly #lock = new KeyedLock();
  readonly #screenshots: Screenshots;
  readonly #bound: SessionBound;
  readonly #journal: StateJournal;
  readonly #deltas: DeltaCodec;
  readonly #dropped: Counter;
  #queue: AppendQueue | undefined;
  #appender: ChunkAppender | undefined;
  #spooling: SpoolingProducer | undefined;
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(deps: IngestDeps) {
    this.#deps = deps;
    this.#screenshots = new Screenshots(deps.quarantine, deps.limits, deps.clock);
    this.#bound = new SessionBound(this.#table, deps.limits, deps.clock);
    const { log, captureTopic, stateTopic, clock, logger, limits, gatewayId } = deps;
    const { checkpointIntervalMs: intervalMs, maxSilenceMs } = limits;
    this.#deltas = createDeltaCodec(deps.keyring);
    const parts = { table: this.#table, deltas: this.#deltas, beforeCheckpoint: () => this.#bound.trim() };
    this.#journal = new StateJournal({ log, captureTopic, stateTopic, ...parts, clock, logger, intervalMs, maxSilenceMs, gatewayId });
    this.#dropped = deps.metrics.counter('gateway_protected_dropped_total', 'Events that lost a protected value or key before the log');
  }

  /** Restores the session states. @throws {LOG_TOPIC_UNKNOWN} when the capture topic is missing. */
  async start(): Promise<void> {
    const { log, captureTopic, clock, metrics, logger, chunkSerde, limits } = this.#deps;
    const [topic] = await log.describeTopics([captureTopic]);
    if (topic === undefined) throw new StepwrightError('LOG_TOPIC_UNKNOWN', `the topic ${captureTopic} must exist before ingest starts`);
    const producer = await log.openProducer();
    this.#closers.unshift(() => producer.close());
    const restored = await this.#journal.restore(producer);
    const writer = await this.#openWriter(producer);
    const { partitionCount } = topic;
    this.#queue = new AppendQueue({ producer: writer, clock, metrics });
    this.#appender = new ChunkAppender({
      queue: this.#queue,
      journal: this.#journal,
      table: this.#table,
      chunkSerde,
      deltas: this.#deltas,
      captureTopic,
      partitionCount,
      clock,
      maxChunkBytes: limits.maxChunkBytes,
    });
    logger.info(restored, 'ingest states restored');
  }

  async close(): Promise<void> {
    await this.#queue?.settled();
    await this.#journal.close({ keep: this.#spooling?.isSpooling ?? false });
    await runAll(this.#closers.splice(0));
  }

  /** The log's producer, with the spool before it when there is one; what stands in the spool is part of the states. */
  async #openWriter(producer: Producer): Promise<Producer> {
    const { spool: place, clock, logger, metrics } = this.#deps;
    if (place === undefined) return producer;
    const spool = await Spool.open(place, ({ key, headers = [] }) => this.#journal.spooled({ key, headers }));
    const { spoolAfterMs } = place;
    const spooling = new SpoolingProducer({ producer, spool, clock, logger, metrics, ...(spoolAfterMs !== undefined && { spoolAfterMs }) });
    this.#spooling = spooling;
    this.#closers.unshift(() => spooling.close());
    spooling.start();
    return spooling;
  }

  open(request: OpenRequest): Promise<Opened | Refusal> {
    const sessionId = request.sessionId ?? this.#deps.newSessionId();
    const scope = scopeOf(request.tenantId, sessionId);
    return this.#lock.run(scope, async () => {
      const gone = this.#refuseGone(scope);
      if (gone !== undefined) return gone;
      // While the log is away nobody can say whether another gateway knows the session; if it does, the first append will wait for that (I5).
      if (this.#spooling?.isSpooling !== true) await this.#catchUp(scope);
      const refused = await this.#refuseUsed(request);
      if (refused !== undefined) return refused;
      const found = this.#table.get(scope);
      if (found !== undefined) return checkDevice(found, request.deviceId) ?? { state: found, resumed: true };
      const full = this.#bound.admit();
      if (full !== undefined) return full;
      return { state: await this.#openNew(request, sessionId), resumed: false };
    });
  }

  /** State of a session that takes events, finished ones included. */
  find({ tenantId, sessionId }: SessionRef): SessionState | Refusal {
    const scope = scopeOf(tenantId, sessionId);
    const state = this.#table.get(scope);
    return this.#refuseGone(scope) ?? state ?? refuse('SESSION_UNKNOWN', 'there is no such session', { field: 'sessionId' });
  }

  /** As `find`, also when another gateway took the session's last events. @throws {LOG_UNAVAILABLE} when that cannot be known now. */
  async locate(ref: SessionRef, options: { readonly newest?: boolean } = {}): Promise<SessionState | Refusal> {
    const known = this.find(ref);
    const isUnknown = known instanceof Refusal && known.code === 'SESSION_UNKNOWN';
    if (!isUnknown && options.newest !== true) return known;
    await this.#catchUp(scopeOf(ref.tenantId, ref.sessionId));
    return this.find(ref);
  }

  append(ref: SessionRef, deviceId: string, batch: EventBatch, sizeBytes: number): Promise<Appended | Refusal> {
    return this.#lock.run(scopeOf(ref.tenantId, ref.sessionId), async () => {
      const state = await this.#knowing(ref, batch.lostBefore === true ? 0 : batch.firstSeq - 1);
      if (state instanceof Refusal) return state;
      const refused = checkDevice(state, deviceId) ?? refuseClosed(state, batch, this.#now()) ?? this.#refuseBusy();
      if (refused !== undefined) return refused;
      return this.#appendFresh(state, batch, sizeBytes);
    });
  }

  /**
   * Writes `session.paused`, `session.resumed` or `session.finished` behind the agent's last event. When not all of its events have
   * arrived, only `abandon` goes on: the missing ones are then counted in the guide.
   */
  mark(ref: SessionRef, deviceId: string, mark: Mark): Promise<SessionState | Refusal> {
    return this.#lock.run(scopeOf(ref.tenantId, ref.sessionId), async () => {
      const state = await this.#knowing(ref, mark.abandon ? 0 : mark.lastSeq);
      if (state instanceof Refusal) return state;
      const settled = checkDevice(state, deviceId) ?? settleMark(state, mark) ?? refuseOld(state, this.#now());
      if (settled !== undefined) return settled;
      const seq = Math.max(state.ackedSeq, mark.lastSeq) + 1;
      const event: CaptureEvent = { seq, atMs: this.#deps.clock.nowMs() - state.clockSkewMs, kind: mark.kind };
      const after = { ...state, ackedSeq: seq, status: statusAfter([event], state.status) };
      return this.#appending().append({ after, events: [event], addedFields: [], sizeBytes: 0 });
    });
  }

  hasScreenshot(ref: SessionRef, sha256: string): Promise<boolean> {
    return this.#screenshots.has(scopeOf(ref.tenantId, ref.sessionId), sha256);
  }

  putScreenshot(ref: SessionRef, sha256: string, body: Buffer): Promise<ImageHeader | Refusal> {
    return this.#screenshots.put(scopeOf(ref.tenantId, ref.sessionId), sha256, body);
  }

  /** The session was deleted; its key must be destroyed already, or a late event could bring it back. */
  forget(ref: SessionRef): void {
    const scope = scopeOf(ref.tenantId, ref.sessionId);
    this.#table.delete(scope);
    this.#screenshots.forget(scope);
  }

  /** The log is away, and chunks are acked into the spool. */
  get isSpooling(): boolean {
    return this.#spooling?.isSpooling ?? false;
  }

  /** Milliseconds that an agent should wait before its next batch; 0 when there is no need. */
  slowDownMs(): number {
    const share = (this.#queue?.queuedBytes ?? 0) / this.#deps.limits.maxQueuedBytes;
    const ownMs = share > 0.5 ? Math.round(share * 2_000) : 0;
    return Math.max(ownMs, this.#deps.lagDelayMs(), this.#spooling?.slowDownMs() ?? 0);
  }

  /** Writes the session states now; a restart then reads nothing of the capture topic. */
  checkpoint(): Promise<void> {
    return this.#journal.checkpoint();
  }

  /** I5: the state, when it has all that the agent was acked, which is at least `claimedSeq`. */
  async #knowing(ref: SessionRef, claimedSeq: number): Promise<SessionState | Refusal> {
    const known = this.find(ref);
    if (this.#deps.gatewayId === undefined || known instanceof Refusal || known.ackedSeq >= claimedSeq) return known;
    await this.#catchUp(scopeOf(ref.tenantId, ref.sessionId));
    const state = this.find(ref);
    if (state instanceof Refusal || state.ackedSeq >= claimedSeq) return state;
    const { clock, limits } = this.#deps;
    if (clock.nowMs() - state.lastAppendAtMs > limits.maxSpoolDelayMs) return state;
    return refuse('UNAVAILABLE', 'events that another gateway acked have not reached the log yet', { retryAfterMs: 2_000 });
  }

  /** @throws {LOG_UNAVAILABLE} */
  async #catchUp(scope: string): Promise<void> {
    if (this.#deps.gatewayId === undefined) return;
    // Not to let every such request wait for a log that is known to be away.
    if (this.#spooling?.isSpooling === true)
      throw new StepwrightError('LOG_UNAVAILABLE', 'the log is away: what other gateways took is not known', { disposition: 'retry' });
    await this.#journal.caughtUp(this.#appending().partitionOf(scope));
  }

  async #openNew(request: OpenRequest, sessionId: string): Promise<SessionState> {
    const { clock, policyOf } = this.#deps;
    const { tenantId, deviceId, atMs, title, agent } = request;
    const nowMs = clock.nowMs();
    const policy = policyOf(tenantId);
    const clockSkewMs = nowMs - atMs;
    const opened: SessionOpened = { tenantId, sessionId, ...(title === undefined ? {} : { title }), agent, clockSkewMs, policy };
    const after: SessionState = {
      tenantId,
      sessionId,
      deviceId,
      status: 'recording',
      ackedSeq: 0,
      openedAtMs: nowMs,
      lastAppendAtMs: nowMs,
      clockSkewMs,
      policy,
      guarded: noProtectedFields,
    };
    const event: CaptureEvent = { seq: 0, atMs, kind: 'session.opened', opened };
    return this.#appending().append({ after, events: [event], addedFields: [], opening: true, sizeBytes: 0 });
  }

  async #appendFresh(state: SessionState, batch: EventBatch, sizeBytes: number): Promise<Appended> {
    const duplicateCount = Math.min(batch.events.length, Math.max(0, state.ackedSeq + 1 - batch.firstSeq));
    const isBehindGap = batch.firstSeq > state.ackedSeq + 1;
    const fresh = isBehindGap && batch.lostBefore !== true ? [] : batch.events.slice(duplicateCount);
    const { ready, missing } = await this.#withPictures(state, fresh);
    const nothing = { state, appendedCount: 0, duplicateCount, droppedCount: 0, missing, farOffCount: 0 };
    if (ready.length === 0) return nothing;
    // P3: a focus event may be among those that were lost.
    const before = isBehindGap ? { ...state.guarded, focus: 'unknown' as const } : state.guarded;
    const guarded = guardProtected(ready, before);
    this.#dropped.add(guarded.droppedCount);
    const ackedSeq = guarded.events.at(-1)?.seq ?? state.ackedSeq;
    const status = statusAfter(guarded.events, state.status);
    const after = await this.#appending().append({
      after: { ...state, ackedSeq, status, guarded: guarded.state },
      events: guarded.events,
      addedFields: guarded.added,
      sizeBytes,
    });
    const nowMs = this.#deps.clock.nowMs();
    const farOffCount = ready.filter(({ event }) => Math.abs(event.atMs + state.clockSkewMs - nowMs) > dayMs).length;
    return { ...nothing, state: after, appendedCount: ready.length, droppedCount: guarded.droppedCount, farOffCount };
  }

  /** I1: events up to the first whose picture is not stored, and every picture that is missing, so that one answer names them all. */
  async #withPictures(state: SessionState, received: readonly ReceivedEvent[]): Promise<Ready> {
    const pictureOf = ({ event }: ReceivedEvent): string | undefined => event.screenshot?.sha256;
    const wanted = [...new Set(received.map(pictureOf).filter((sha256) => sha256 !== undefined))];
    if (wanted.length === 0) return { ready: received, missing: [] };
    const stored = await Promise.all(wanted.map((sha256) => this.hasScreenshot(state, sha256)));
    const missing = wanted.filter((_, index) => stored[index] === false);
    const first = received.findIndex((one) => missing.some((sha256) => sha256 === pictureOf(one)));
    return { ready: first === -1 ? received : received.slice(0, first), missing };
  }

  #refuseGone(scope: string): Refusal | undefined {
    return this.#deps.keyring.peek(scope) === 'gone' ? refuse('SESSION_GONE', 'the session was deleted') : undefined;
  }

  /** An id whose ingest state is gone must not begin anew: its guide would be overwritten. */
  async #refuseUsed({ tenantId, sessionId }: OpenRequest): Promise<Refusal | undefined> {
    if (sessionId === undefined || this.#table.get(scopeOf(tenantId, sessionId)) !== undefined) return undefined;
    const used = await this.#deps.wasUsed(tenantId, sessionId);
    if (used === false) return undefined;
    return used === 'gone'
      ? refuse('SESSION_GONE', 'the session was deleted')
      : refuse('SESSION_TOO_OLD', 'a session of this id ended long ago; open one with another id', { field: 'sessionId' });
  }

  #refuseBusy(): Refusal | undefined {
    const queuedBytes = this.#queue?.queuedBytes ?? 0;
    if (queuedBytes <= this.#deps.limits.maxQueuedBytes) return undefined;
    return refuse('SERVER_BUSY', 'more input waits for the disk than may', { retryAfterMs: 1_000 });
  }

  #now(): RuleMoment {
    return { nowMs: this.#deps.clock.nowMs(), limits: this.#deps.limits };
  }

  #appending(): ChunkAppender {
    if (this.#appender === undefined) throw new StepwrightError('LOG_CLOSED', 'ingest has not started');
    return this.#appender;
  }
}
