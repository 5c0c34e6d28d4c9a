import assert from 'node:assert/strict';
import type { GroupMembership, OffsetCommit, OutputRecord, SinkOptions, TransactionalSink } from '../../log.ts';
import { fenced, logClosed, recordTooLarge, staleMember } from '../../local/log-errors.ts';
import { recordBytes } from '../../local/record-bytes.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { BrokerError, toLogError, unknownOutcome } from '../kafka-errors.ts';
import type { KafkaSource } from '../group/kafka-source.ts';
import { TransactionWriter } from './transaction-writer.ts';

/** Under whose name positions are committed; see KafkaSource. */
export type CommittingSource = Pick<KafkaSource, 'committingMember' | 'commitAs'>;

export interface KafkaSinkDeps {
  readonly client: KafkaClient;
  /** The source of this process that bears a member id. @throws {LOG_STALE_MEMBER} */
  readonly sourceOf: (membership: GroupMembership) => CommittingSource;
  readonly onClose: (sink: KafkaSink) => void;
}

/** `lost`: something got no answer (K8), so only a newly opened sink can tell what happened. */
type State = 'ready' | 'fenced' | 'lost' | 'closed';

/**
 * One owner of a transactional id. Records are gathered and sent ahead in larger pieces; the commit sends the rest, the positions, and ends the
 * transaction. A newer owner in this process fences this one at once, one elsewhere is noticed at the next request.
 */
export class KafkaSink implements TransactionalSink {
  readonly transactionalId: string;
  readonly #deps: KafkaSinkDeps;
  readonly #writer: TransactionWriter;
  #state: State = 'ready';
  #isOpen = false;
  #pending: OutputRecord[] = [];
  #pendingBytes = 0;
  /** Everything that was sent ahead; it never rejects. */
  #ahead: Promise<void> = Promise.resolve();
  #aheadFailure: unknown;

  private constructor(deps: KafkaSinkDeps, transactionalId: string, writer: TransactionWriter) {
    this.#deps = deps;
    this.transactionalId = transactionalId;
    this.#writer = writer;
  }

  /** Fences older owners, and waits until the transaction that they left open has ended. */
  static async open(deps: KafkaSinkDeps, options: SinkOptions): Promise<KafkaSink> {
    const timeoutMs = options.transactionTimeoutMs ?? deps.client.settings.transactionTimeoutMs;
    try {
      const writer = await TransactionWriter.open(deps.client, options.transactionalId, timeoutMs);
      return new KafkaSink(deps, options.transactionalId, writer);
    } catch (error) {
      // Two opened the id at the same time and the other one won.
      if (error instanceof BrokerError && error.kind === 'fenced') throw fenced(options.transactionalId);
      throw toLogError(error);
    }
  }

  begin(): void {
    this.#assertOwner();
    assert(!this.#isOpen, 'begin inside an open transaction');
    this.#isOpen = true;
  }

  send(records: readonly OutputRecord[]): void {
    this.#assertOpen();
    const { maxRecordBytes, sendAheadBytes } = this.#deps.client.settings;
    let byteCount = 0;
    for (const record of records) {
      const sizeBytes = recordBytes(record);
      if (sizeBytes > maxRecordBytes) throw recordTooLarge(record, sizeBytes, maxRecordBytes);
      byteCount += sizeBytes;
    }
    this.#pending.push(...records);
    this.#pendingBytes += byteCount;
    if (this.#pendingBytes >= sendAheadBytes) this.#sendAhead();
  }

  async commit(offsets: readonly OffsetCommit[], membership: GroupMembership | undefined): Promise<void> {
    this.#assertOpen();
    assert(membership !== undefined || offsets.length === 0, 'offsets need the membership they are committed under');
    const commitOffsets = this.#offsetCommit(offsets, membership);
    try {
      await this.#finishAhead();
      const records = this.#takePending();
      await this.#writer.add(records);
      await bothDone(this.#writer.produce(records), commitOffsets?.());
      // A newer owner of this process is about to end this transaction: it must not be overtaken.
      if (this.#state === 'fenced') throw fenced(this.transactionalId);
      await this.#writer.end(true);
    } catch (error) {
      throw this.#classify(error, membership);
    }
    this.#isOpen = false;
  }

  /** Refuses a stale membership before anything is sent. @throws {LOG_STALE_MEMBER} */
  #offsetCommit(offsets: readonly OffsetCommit[], membership: GroupMembership | undefined): (() => Promise<void>) | undefined {
    if (membership === undefined || offsets.length === 0) return undefined;
    const source = this.#deps.sourceOf(membership);
    const resolved = source.committingMember(membership, offsets);
    return () => source.commitAs(resolved, offsets, (member) => this.#writer.commitOffsets(member, offsets));
  }

  async abort(): Promise<void> {
    this.#assertOwner();
    if (!this.#isOpen) return;
    this.#takePending();
    await this.#ahead;
    this.#aheadFailure = undefined;
    try {
      await this.#writer.end(false);
    } catch (error) {
      throw this.#classify(error, undefined);
    }
    this.#isOpen = false;
  }

  async close(): Promise<void> {
    if (this.#state === 'ready') {
      // Whatever keeps the abort from happening, the next owner or the transaction's timeout ends it.
      await this.abort().catch(() => {});
      this.#state = 'closed';
    }
    this.#deps.onClose(this);
  }

  /** A newer owner is opened in this process. */
  fence(): void {
    if (this.#state !== 'closed') this.#state = 'fenced';
  }

  #sendAhead(): void {
    const records = this.#takePending();
    this.#ahead = this.#ahead.then(async () => {
      if (this.#aheadFailure !== undefined) return;
      try {
        await this.#writer.add(records);
        await this.#writer.produce(records);
      } catch (error) {
        this.#aheadFailure = error;
      }
    });
  }

  /** @throws what kept records from being sent ahead. */
  async #finishAhead(): Promise<void> {
    await this.#ahead;
    const failure = this.#aheadFailure;
    if (failure !== undefined) throw failure;
  }

  #takePending(): readonly OutputRecord[] {
    const records = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return records;
  }

  /** What a failed request means for this owner, and what its caller is told. */
  #classify(error: unknown, membership: GroupMembership | undefined): unknown {
    if (!(error instanceof BrokerError)) return error;
    switch (error.kind) {
      case 'fenced':
        this.#state = 'fenced';
        return fenced(this.transactionalId);
      case 'stale':
      case 'replaced':
        return membership === undefined ? toLogError(error) : staleMember(membership, error.message);
      case 'network':
      case 'moved':
      case 'busy':
      case 'loading':
        if (this.#state === 'fenced') return fenced(this.transactionalId);
        this.#state = 'lost';
        return unknownOutcome(`a transaction of "${this.transactionalId}"`, error);
      default:
        return toLogError(error);
    }
  }

  #assertOpen(): void {
    this.#assertOwner();
    assert(this.#isOpen, 'no transaction is open: call begin first');
  }

  #assertOwner(): void {
    if (this.#state === 'fenced') throw fenced(this.transactionalId);
    if (this.#state === 'lost') throw unknownOutcome(`a transaction of "${this.transactionalId}"`, undefined);
    if (this.#state === 'closed') throw logClosed(`the sink of "${this.transactionalId}"`);
  }
}

/** Waits for both even when one fails: an abort must not overtake a request that is still on its way. */
async function bothDone(one: Promise<void>, other: Promise<void> | undefined): Promise<void> {
  for (const result of await Promise.allSettled([one, other])) if (result.status === 'rejected') throw result.reason;
}
