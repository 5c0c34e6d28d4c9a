import assert from 'node:assert/strict';
import type { GroupMembership, OffsetCommit, OutputRecord, SinkOptions, TransactionalSink } from '../log.ts';
import { fenced, logClosed, recordTooLarge } from '../local/log-errors.ts';
import { recordBytes } from '../local/record-bytes.ts';
import type { MemoryTransaction } from './memory-entry.ts';
import type { MemoryPartition } from './memory-partition.ts';

/** What a sink needs of its log. */
export interface MemorySinkHost {
  readonly maxRecordBytes: number;
  nowMs(): number;
  /** @throws {LOG_TOPIC_UNKNOWN} */
  partition(topic: string, partition: number): MemoryPartition;
  checkCommit(membership: GroupMembership, offsets: readonly OffsetCommit[]): void;
  storeOffsets(groupId: string, offsets: readonly OffsetCommit[]): void;
  wake(partition: MemoryPartition): void;
  setTimer(delayMs: number, callback: () => void): () => void;
  onClose(sink: MemorySink): void;
}

interface OpenTransaction {
  readonly shared: MemoryTransaction;
  readonly touched: Set<MemoryPartition>;
  readonly cancelTimeout: () => void;
}

const defaultTransactionTimeoutMs = 60_000;

/**
 * One owner of a transactional id. `fence` is called by the log when a newer owner arrives, or by its own timeout: the open transaction is
 * aborted and every later call throws.
 */
export class MemorySink implements TransactionalSink {
  readonly transactionalId: string;
  readonly #host: MemorySinkHost;
  readonly #timeoutMs: number;
  #open: OpenTransaction | undefined;
  #state: 'ready' | 'fenced' | 'closed' = 'ready';

  constructor(host: MemorySinkHost, options: SinkOptions) {
    this.#host = host;
    this.transactionalId = options.transactionalId;
    this.#timeoutMs = options.transactionTimeoutMs ?? defaultTransactionTimeoutMs;
  }

  begin(): void {
    this.#assertOwner();
    assert(this.#open === undefined, 'begin inside an open transaction');
    const cancelTimeout = this.#host.setTimer(this.#timeoutMs, () => this.fence());
    this.#open = { shared: { state: 'open' }, touched: new Set(), cancelTimeout };
  }

  send(records: readonly OutputRecord[]): void {
    const open = this.#transaction();
    const targets = records.map((record) => checkedPartition(this.#host, record));
    const nowMs = this.#host.nowMs();
    records.forEach((record, index) => {
      const partition = targets[index];
      if (partition === undefined) return;
      open.touched.add(partition);
      partition.append(record, open.shared, nowMs);
    });
    for (const partition of open.touched) this.#host.wake(partition);
  }

  async commit(offsets: readonly OffsetCommit[], membership: GroupMembership | undefined): Promise<void> {
    const open = this.#transaction();
    assert(membership !== undefined || offsets.length === 0, 'offsets need the membership they are committed under');
    if (membership !== undefined) {
      this.#host.checkCommit(membership, offsets);
      this.#host.storeOffsets(membership.groupId, offsets);
    }
    this.#end(open, 'committed');
  }

  async abort(): Promise<void> {
    this.#assertOwner();
    if (this.#open !== undefined) this.#end(this.#open, 'aborted');
  }

  close(): Promise<void> {
    if (this.#open !== undefined) this.#end(this.#open, 'aborted');
    if (this.#state === 'ready') this.#state = 'closed';
    this.#host.onClose(this);
    return Promise.resolve();
  }

  /** Ends this ownership: aborts what is open, and every later call throws LOG_FENCED. */
  fence(): void {
    this.#state = 'fenced';
    if (this.#open !== undefined) this.#end(this.#open, 'aborted');
  }

  #end(open: OpenTransaction, state: 'committed' | 'aborted'): void {
    this.#open = undefined;
    open.cancelTimeout();
    open.shared.state = state;
    const nowMs = this.#host.nowMs();
    for (const partition of open.touched) partition.endTransaction(open.shared, nowMs);
    for (const partition of open.touched) this.#host.wake(partition);
  }

  #transaction(): OpenTransaction {
    this.#assertOwner();
    assert(this.#open !== undefined, 'no transaction is open: call begin first');
    return this.#open;
  }

  #assertOwner(): void {
    if (this.#state === 'fenced') throw fenced(this.transactionalId);
    if (this.#state === 'closed') throw logClosed(`the sink of "${this.transactionalId}"`);
  }
}

/** @throws {LOG_TOPIC_UNKNOWN} @throws {LOG_RECORD_TOO_LARGE} */
export function checkedPartition(host: Pick<MemorySinkHost, 'maxRecordBytes' | 'partition'>, record: OutputRecord): MemoryPartition {
  const sizeBytes = recordBytes(record);
  if (sizeBytes > host.maxRecordBytes) throw recordTooLarge(record, sizeBytes, host.maxRecordBytes);
  return host.partition(record.topic, record.partition);
}
