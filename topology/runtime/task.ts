import assert from 'node:assert/strict';
import { StepwrightError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { SubTopology } from '../builder/sub-topology.ts';
import type { RecordBatch, TopicPartition, TopicPartitionOffset } from '../log/log.ts';
import type { TaskState } from '../../state/task-state.ts';
import type { CommitChannel } from './commit-channel.ts';
import type { CommitCycle, CommitOutcome } from './commit-cycle.ts';
import { encodeCommitMetadata } from './commit-metadata.ts';
import { CurrentRecord } from './current-record.ts';
import { describeError } from './dead-letter.ts';
import { errorFields } from './error-fields.ts';
import type { NodeScope } from './node-scope.ts';
import { PartitionGroup, type InputQueue } from './partition-group.ts';
import { PoisonRecords } from './poison-records.ts';
import { Punctuations } from './punctuations.ts';
import type { RecordCollector } from './record-collector.ts';
import { SourceFeed, type FedRecord } from './source-feed.ts';
import type { StateFlusher } from './state-flusher.ts';
import type { TaskEnvironment } from './task-environment.ts';
import { taskIdText, type TaskId } from './task-id.ts';
import { createTaskNodes, type TaskNodes } from './task-nodes.ts';
import { mayBecome, type TaskStatus } from './task-status.ts';

/** Everything a task is made of once it is restored; see `task-opener.ts`. */
export interface TaskParts {
  readonly id: TaskId;
  readonly subTopology: SubTopology;
  readonly environment: TaskEnvironment;
  readonly state: TaskState;
  readonly channel: CommitChannel;
  readonly cycle: CommitCycle;
  readonly flusher: StateFlusher;
  readonly collector: RecordCollector;
  readonly queues: readonly InputQueue[];
  /** Where each input partition ended when the task was assigned (T3). */
  readonly endOffsets: ReadonlyMap<InputQueue, bigint>;
  readonly commitIdPrefix: string;
  readonly owner: TaskOwner;
}

/** Who runs the task. Both calls only enqueue. */
export interface TaskOwner {
  /** There is work for the task now. */
  wake(): void;
  /** Read again from here; batches that are on their way are void (K4). */
  seek(positions: readonly TopicPartitionOffset[]): void;
}

const admissionCheckInterval = 32;

/**
 * One partition of one sub-topology: its input, nodes, state and transactions. Called by one loop only; callbacks of nodes enqueue, and a
 * generation number voids what comes after a rollback or close.
 * - T2 Processors see event time; due timers fire before the next record of their key at that node.
 * - K4 `rollBack` drops the open layer, timers, stream time and async buffers, makes the nodes anew and rewinds the input. It wipes nothing.
 * - K6 `process` stops admitting input when a bound is reached and asks for a commit; it never stops what was admitted.
 * - K7 After a lost commit only `close` may be called.
 */
export class Task {
  readonly id: TaskId;
  readonly name: string;
  readonly #parts: TaskParts;
  readonly #logger: Logger;
  readonly #group: PartitionGroup;
  readonly #current = new CurrentRecord();
  readonly #poison = new PoisonRecords();
  readonly #punctuations: Punctuations;
  #nodes: TaskNodes;
  #feeds: ReadonlyMap<InputQueue, SourceFeed>;
  #status: TaskStatus = 'running';
  #generation = 0;
  #enqueued: (() => void)[] = [];
  #committedOffsets: readonly TopicPartitionOffset[];
  #commitCount = 0;
  #processedCount = 0;
  #isDirty = false;
  #wantsCommit = false;
  #needsRollback = false;
  #atEnd = false;
  #lastCommitAtMs = -Infinity;

  constructor(parts: TaskParts) {
    const { environment, id, queues } = parts;
    this.id = id;
    this.name = taskIdText(id);
    this.#parts = parts;
    this.#logger = environment.logger.child({ task: this.name });
    this.#group = new PartitionGroup(queues);
    this.#punctuations = new Punctuations(() => environment.clock.nowMs());
    this.#committedOffsets = this.#positions();
    this.#nodes = createTaskNodes(parts.subTopology, this.#scope());
    this.#feeds = this.#createFeeds();
    for (const node of this.#nodes.asyncNodes) node.reissue();
  }

  status(): TaskStatus {
    return this.#status;
  }

  state(): TaskState {
    return this.#parts.state;
  }

  inputPartitions(): readonly TopicPartition[] {
    return this.#group.queues;
  }

  /** Position of the next record to process, per input partition. */
  positions(): readonly TopicPartitionOffset[] {
    return this.#positions();
  }

  committedOffsets(): readonly TopicPartitionOffset[] {
    return this.#committedOffsets;
  }

  bufferedRecordCount(): number {
    return this.#group.recordCount();
  }

  asyncRecordCount(): number {
    return this.#nodes.asyncNodes.reduce((sum, node) => sum + node.heldCount(), 0);
  }

  addBatch(batch: RecordBatch): void {
    this.#group.queueOf(batch)?.add(batch);
  }

  /** The log had nothing more for this task's partitions (T3). */
  markAtEnd(): void {
    if (this.bufferedRecordCount() === 0) this.#atEnd = true;
  }

  /** True when a turn would do something. */
  hasWork(): boolean {
    if (this.#status !== 'running') return false;
    return this.#enqueued.length > 0 || (this.#group.recordCount() > 0 && this.#admits());
  }

  /**
   * Runs results of async calls, due punctuations and up to `maxCount` records. Returns how much was done.
   * @throws whatever fails the task: the caller must close and rebuild it.
   */
  process(maxCount: number): number {
    if (this.#status !== 'running') return 0;
    let doneCount = this.#runEnqueued() + this.#runPunctuations();
    let recordCount = 0;
    while (recordCount < maxCount && !this.#needsRollback) {
      if (recordCount % admissionCheckInterval === 0 && !this.#admits()) break;
      const feed = this.#nextFeed();
      const fed = feed?.next();
      if (feed === undefined || fed === undefined) break;
      this.#processRecord(feed, fed);
      recordCount += 1;
    }
    if (recordCount > 0) this.#isDirty = true;
    this.#processedCount += recordCount;
    if (this.#needsRollback) this.rollBack();
    doneCount += recordCount;
    return doneCount;
  }

  nextPunctuationAtMs(): number {
    return this.#punctuations.nextDueAtMs();
  }

  /** When the next commit is due on the wall clock; Infinity when there is nothing to commit. */
  commitDueAtMs(): number {
    if (this.#status !== 'running' || !this.#isDirty) return Infinity;
    return this.#wantsCommit ? -Infinity : this.#lastCommitAtMs + this.#parts.environment.bounds.commitIntervalMs;
  }

  isDirty(): boolean {
    return this.#isDirty;
  }

  /**
   * Commits what was processed; nothing is processed meanwhile. Afterwards the task runs on, rolled back if nothing was committed.
   * `lost`: close the task and touch nothing else (K7). @throws whatever fails the task.
   */
  async commit(): Promise<CommitOutcome> {
    const { environment, cycle } = this.#parts;
    const { clock, engineMetrics } = environment;
    const startedAtMs = clock.monotonicMs();
    this.#become('committing');
    this.#lastCommitAtMs = clock.nowMs();
    const positions = this.#positions();
    this.#commitCount += 1;
    const commitId = `${this.#parts.commitIdPrefix}-${this.#commitCount}`;
    const metadata = encodeCommitMetadata({ commitId, streamTimeMs: this.#parts.state.streamTimeMs() });
    const deadLetterCount = this.#parts.collector.deadLetterCount();
    const outcome = await cycle.run(
      commitId,
      positions.map((position) => ({ ...position, metadata })),
    );
    if (this.#status !== 'committing' || outcome === 'lost') return outcome;
    this.#become('running');
    if (outcome === 'rolled-back') {
      this.rollBack();
      return outcome;
    }
    this.#committedOffsets = positions;
    this.#poison.committed();
    this.#isDirty = false;
    this.#wantsCommit = false;
    engineMetrics.commitLatency.observe((clock.monotonicMs() - startedAtMs) / 1000, { task: this.name });
    this.#report(deadLetterCount);
    return outcome;
  }

  /** Back to the last commit, in memory only (K4). */
  rollBack(): void {
    const { state, collector, environment, owner } = this.#parts;
    this.#generation += 1;
    this.#enqueued = [];
    this.#closeNodes();
    this.#punctuations.clear();
    collector.clear();
    state.dropOpen();
    this.#poison.rolledBack();
    for (const queue of this.#group.queues) queue.rewind(this.#committedOffsetOf(queue));
    this.#isDirty = false;
    this.#needsRollback = false;
    this.#nodes = createTaskNodes(this.#parts.subTopology, this.#scope());
    this.#feeds = this.#createFeeds();
    for (const node of this.#nodes.asyncNodes) node.reissue();
    owner.seek(this.#committedOffsets);
    environment.engineMetrics.rollback.add(1, { task: this.name });
    environment.crashPoints.reach('rolled-back');
  }

  fail(): void {
    if (this.#status !== 'failed' && this.#status !== 'closed') this.#become('failed');
  }

  /** Flushes what is committed, so that the next owner on this disk restores nothing. To be called after a commit. */
  async flush(): Promise<void> {
    const { flusher, cycle } = this.#parts;
    await flusher.finish();
    await flusher.start(cycle.lastCommitId() ?? '');
    await flusher.finish();
  }

  /** Releases the store, its lock and the producer. What is open is dropped; it was never sent (K4, K7). */
  async close(): Promise<void> {
    if (this.#status === 'closed') return;
    this.#become('closed');
    this.#generation += 1;
    this.#enqueued = [];
    this.#closeNodes();
    const { state, channel } = this.#parts;
    await state.close();
    await channel.close();
  }

  #processRecord(feed: SourceFeed, { input, decoded }: FedRecord): void {
    this.#current.begin(feed.queue, input);
    if ('error' in decoded) return this.#refuseInput(feed.node.name, decoded.error);
    const { record } = decoded;
    this.#parts.state.advanceStreamTime(record.timestampMs);
    if (!this.#poison.isEmpty && this.#carryOutVerdict()) return;
    try {
      feed.node.deliver(record);
    } catch (error) {
      this.#judge(error);
    }
    this.#current.end();
    if (this.#parts.environment.crashPoints.isArmed) this.#parts.environment.crashPoints.reach('record-processed');
  }

  /** Bytes that are no record have touched nothing yet, so they need no rollback. */
  #refuseInput(nodeName: string, error: unknown): void {
    const source = this.#current.source();
    assert(source);
    const action = this.#parts.environment.handlers.deserialization({ taskId: this.name, nodeName, source, error });
    if (action === 'fail') throw error;
    this.#carryOut({ action, nodeName, error });
  }

  /** A record that threw may have written half of what it wanted: drop the transaction, and next time only do what was decided. */
  #judge(error: unknown): void {
    const { handlers, crashPoints } = this.#parts.environment;
    if (crashPoints.isCrash(error)) throw error;
    const source = this.#current.source();
    const nodeName = this.#current.failedNodeName ?? 'unknown';
    const action = source === undefined ? 'fail' : handlers.processing({ taskId: this.name, nodeName, source, error });
    if (source === undefined || action === 'fail') throw error;
    this.#logger.warn({ node: nodeName, ...errorFields(error) }, 'a record failed; it goes to dead letters');
    this.#poison.add(source, { action, nodeName, error });
    this.#needsRollback = true;
  }

  #carryOutVerdict(): boolean {
    const verdict = this.#poison.take(this.#current.source());
    if (verdict === undefined) return false;
    this.#carryOut(verdict);
    // A commit right behind each poison record, so that the next one does not repeat the work before this one.
    this.#wantsCommit = true;
    return true;
  }

  #carryOut({
    action,
    nodeName,
    error,
  }: {
    readonly action: 'dead-letter' | 'drop';
    readonly nodeName: string;
    readonly error: unknown;
  }): void {
    const source = this.#current.source();
    assert(source);
    if (action === 'drop') this.#countDrop(nodeName, 'failed');
    else this.#parts.collector.addDeadLetter({ source, taskId: this.name, nodeName, ...describeError(error, 'PROCESSING_FAILED') });
    this.#current.end();
  }

  #runEnqueued(): number {
    if (this.#enqueued.length === 0) return 0;
    const work = this.#enqueued;
    this.#enqueued = [];
    for (const one of work) {
      try {
        one();
      } catch (error) {
        this.#judge(error);
        // The rest belongs to the transaction that is about to be dropped; restore issues it again.
        break;
      }
    }
    this.#isDirty = true;
    return work.length;
  }

  #runPunctuations(): number {
    const count = this.#needsRollback ? 0 : this.#punctuations.runDue();
    if (count > 0) {
      this.#isDirty = true;
      this.#parts.environment.engineMetrics.punctuate.add(count, { task: this.name });
    }
    return count;
  }

  #admits(): boolean {
    const { state, collector, environment } = this.#parts;
    const { bounds } = environment;
    const usage = state.usage();
    if (usage.openBytes + collector.byteCount() >= bounds.transactionBytes || usage.openCount >= bounds.transactionRecordCount) {
      this.#wantsCommit = true;
      return false;
    }
    if (usage.unflushedBytes >= bounds.unflushedBytes) {
      this.#wantsCommit = this.#isDirty;
      return false;
    }
    let asyncBytes = 0;
    for (const node of this.#nodes.asyncNodes) asyncBytes += node.heldBytes();
    return asyncBytes < bounds.asyncBytes && this.asyncRecordCount() < bounds.asyncRecordCount;
  }

  #nextFeed(): SourceFeed | undefined {
    const queue = this.#group.nextQueue();
    return queue === undefined ? undefined : this.#feeds.get(queue);
  }

  #createFeeds(): ReadonlyMap<InputQueue, SourceFeed> {
    const feeds = new Map<InputQueue, SourceFeed>();
    for (const queue of this.#group.queues) {
      const node = this.#nodes.sources.get(queue.topic);
      assert(node, `task ${this.name} has no source for topic "${queue.topic}"`);
      feeds.set(queue, new SourceFeed(queue, node, this.#parts.state));
    }
    return feeds;
  }

  #scope(): NodeScope {
    const { environment, state, collector, owner } = this.#parts;
    const generation = this.#generation;
    return {
      taskId: this.name,
      state,
      collector,
      current: this.#current,
      punctuations: this.#punctuations,
      handlers: environment.handlers,
      clock: environment.clock,
      random: environment.random,
      logger: this.#logger,
      metrics: environment.metrics,
      caughtUp: () => this.#isCaughtUp(),
      onDropped: (nodeName, reason) => this.#countDrop(nodeName, reason),
      isPoison: () => this.#poison.take(this.#current.source()) !== undefined,
      enqueue: (work) => {
        if (generation !== this.#generation) return;
        this.#enqueued.push(work);
        owner.wake();
      },
    };
  }

  #isCaughtUp(): boolean {
    if (this.#atEnd) return true;
    return this.#group.queues.every((queue) => queue.nextOffset() >= (this.#parts.endOffsets.get(queue) ?? 0n));
  }

  #positions(): readonly TopicPartitionOffset[] {
    return this.#group.queues.map((queue) => ({ topic: queue.topic, partition: queue.partition, nextOffset: queue.nextOffset() }));
  }

  #committedOffsetOf(queue: InputQueue): bigint {
    const found = this.#committedOffsets.find((one) => one.topic === queue.topic);
    assert(found);
    return found.nextOffset;
  }

  #closeNodes(): void {
    try {
      this.#nodes.close();
    } catch (error) {
      this.#logger.warn(errorFields(error), 'a processor failed to close');
    }
  }

  #countDrop(nodeName: string, reason: string): void {
    this.#parts.environment.engineMetrics.droppedRecords.add(1, { task: this.name, node: nodeName, reason });
  }

  #report(deadLetterCount: number): void {
    const { engineMetrics, clock } = this.#parts.environment;
    const labels = { task: this.name };
    engineMetrics.commit.add(1, labels);
    engineMetrics.process.add(this.#processedCount, labels);
    this.#processedCount = 0;
    if (deadLetterCount > 0) engineMetrics.deadLetters.add(deadLetterCount, labels);
    engineMetrics.endToEndLatency.observe(Math.max(0, clock.nowMs() - this.#parts.state.streamTimeMs()) / 1000, labels);
    engineMetrics.unflushedBytes.set(this.#parts.state.usage().unflushedBytes, labels);
    if (this.#nodes.asyncNodes.length > 0) engineMetrics.asyncInFlight.set(this.asyncRecordCount(), labels);
  }

  #become(status: TaskStatus): void {
    if (!mayBecome(this.#status, status))
      throw new StepwrightError('TASK_FAILED', `task ${this.name} is ${this.#status} and cannot become ${status}`);
    this.#status = status;
  }
}
