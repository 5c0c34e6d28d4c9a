import { StepwrightError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { StreamRecord } from '../builder/processor.ts';
import type { SubTopology } from '../builder/sub-topology.ts';
import type { RecordBatch, TopicPartition, TopicPartitionOffset } from '../log/log.ts';
import type { TaskState } from '../../state/task-state.ts';
import { Admission } from './admission.ts';
import type { CommitChannel } from './commit-channel.ts';
import type { CommitCycle, CommitOutcome } from './commit-cycle.ts';
import { pauseAfterCommitMs } from './commit-pace.ts';
import { commitNumberOf, encodeCommitMetadata } from './commit-metadata.ts';
import { CurrentRecord } from './current-record.ts';
import { errorFields } from './error-fields.ts';
import type { NodeScope } from './node-scope.ts';
import type { InputQueue } from './partition-group.ts';
import { Punctuations } from './punctuations.ts';
import type { RecordCollector } from './record-collector.ts';
import { RecordFailures } from './record-failures.ts';
import type { FedRecord, SourceFeed } from './source-feed.ts';
import type { StateFlusher } from './state-flusher.ts';
import type { TaskEnvironment } from './task-environment.ts';
import { taskIdText } from './task-id.ts';
import type { TaskId } from './task-id.ts';
import { TaskInput } from './task-input.ts';
import { createTaskNodes } from './task-nodes.ts';
import type { TaskNodes } from './task-nodes.ts';
import { TaskReport } from './task-report.ts';
import { mayBecome } from './task-status.ts';
import type { TaskStatus } from './task-status.ts';

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
  readonly #input: TaskInput;
  readonly #admission: Admission;
  readonly #failures: RecordFailures;
  readonly #report: TaskReport;
  readonly #current = new CurrentRecord();
  readonly #punctuations: Punctuations;
  #nodes: TaskNodes;
  #status: TaskStatus = 'running';
  #generation = 0;
  #enqueued: (() => void)[] = [];
  #commitNumber: number;
  #isDirty = false;
  #wantsCommit = false;
  #needsRollback = false;
  #nextCommitAtMs = -Infinity;

  constructor(parts: TaskParts) {
    const { environment, id, queues, endOffsets, state, collector } = parts;
    this.id = id;
    this.name = taskIdText(id);
    this.#parts = parts;
    this.#logger = environment.logger.child({ task: this.name });
    this.#commitNumber = commitNumberOf(parts.cycle.lastCommitId());
    this.#input = new TaskInput(queues, endOffsets);
    this.#admission = new Admission(environment.bounds, state, collector);
    this.#report = new TaskReport(this.name, environment, state);
    this.#failures = new RecordFailures({
      taskId: this.name,
      handlers: environment.handlers,
      crashPoints: environment.crashPoints,
      collector,
      current: this.#current,
      logger: this.#logger,
      onDropped: (nodeName, reason) => this.#report.dropped(nodeName, reason),
    });
    this.#punctuations = new Punctuations(environment.clock, environment.hasWallClock);
    this.#nodes = this.#createNodes();
  }

  status(): TaskStatus {
    return this.#status;
  }

  state(): TaskState {
    return this.#parts.state;
  }

  inputPartitions(): readonly TopicPartition[] {
    return this.#input.partitions();
  }

  /** Position of the next record to process, per input partition. */
  positions(): readonly TopicPartitionOffset[] {
    return this.#input.positions();
  }

  committedOffsets(): readonly TopicPartitionOffset[] {
    return this.#input.committed();
  }

  bufferedRecordCount(): number {
    return this.#input.recordCount();
  }

  bufferedBytes(): number {
    return this.#input.byteCount();
  }

  asyncRecordCount(): number {
    return this.#nodes.asyncNodes.reduce((sum, node) => sum + node.heldCount(), 0);
  }

  /** How full the buffers of calls in flight are: at 1 no input is admitted (K6). */
  asyncShare(): number {
    return this.#admission.asyncShare(this.#nodes.asyncNodes);
  }

  addBatch(batch: RecordBatch): void {
    this.#input.add(batch);
  }

  /** The log had nothing more for this task's partitions (T3). */
  markAtEnd(): void {
    this.#input.markAtEnd();
  }

  /** True when a turn would do something. */
  hasWork(): boolean {
    if (this.#status !== 'running') return false;
    return this.#enqueued.length > 0 || (this.#input.recordCount() > 0 && this.#admission.judge(this.#nodes.asyncNodes) === 'open');
  }

  /**
   * Runs results of async calls, due punctuations and up to `maxCount` records, fewer when its time is up. Returns how much was done.
   * @throws whatever fails the task: the caller must close and rebuild it.
   */
  process(maxCount: number): number {
    if (this.#status !== 'running') return 0;
    const otherCount = this.#runEnqueued() + this.#runPunctuations();
    const recordCount = this.#processRecords(maxCount);
    this.#report.processed(recordCount);
    if (this.#needsRollback) this.rollBack();
    return otherCount + recordCount;
  }

  nextPunctuationAtMs(): number {
    return this.#punctuations.nextDueAtMs();
  }

  /**
   * When the next commit is due on the wall clock; Infinity when there is nothing to commit. A task that has nothing to do, but a layer that is not
   * flushed, makes one more: the store of a task that is idle for long must not fall behind the log's retention (K5).
   */
  commitDueAtMs(): number {
    if (this.#status !== 'running') return Infinity;
    const { environment, state } = this.#parts;
    if (!this.#isDirty) return state.usage().unflushedCount === 0 ? Infinity : this.#nextCommitAtMs + environment.bounds.idleFlushMs;
    return this.#wantsCommit ? -Infinity : this.#nextCommitAtMs;
  }

  isDirty(): boolean {
    return this.#isDirty;
  }

  /**
   * Commits what was processed; nothing is processed meanwhile. Afterwards the task runs on, rolled back if nothing was committed.
   * `lost`: close the task and touch nothing else (K7). @throws whatever fails the task.
   */
  commit(): Promise<CommitOutcome> {
    return this.#commit(!this.#isDirty);
  }

  async #commit(mustFlush: boolean): Promise<CommitOutcome> {
    const { environment, cycle, state, collector, commitIdPrefix } = this.#parts;
    const startedAtMs = environment.clock.monotonicMs();
    this.#become('committing');
    const positions = this.#input.positions();
    this.#commitNumber += 1;
    const commitId = `${commitIdPrefix}-${this.#commitNumber}`;
    const metadata = encodeCommitMetadata({ commitId, streamTimeMs: state.streamTimeMs() });
    const deadLetters = collector.deadLetters();
    const offsets = positions.map((position) => ({ ...position, metadata }));
    const outcome = await cycle.run({ commitId, offsets, mustFlush });
    const tookMs = environment.clock.monotonicMs() - startedAtMs;
    this.#nextCommitAtMs = environment.clock.nowMs() + pauseAfterCommitMs(tookMs, environment.bounds.commitIntervalMs);
    if (this.#status !== 'committing' || outcome === 'lost') return outcome;
    this.#become('running');
    if (outcome === 'rolled-back') {
      this.rollBack();
      return outcome;
    }
    this.#input.markCommitted(positions);
    this.#failures.committed();
    this.#isDirty = false;
    this.#wantsCommit = false;
    const backlogs = this.#nodes.asyncNodes.map((node) => node.backlog());
    this.#report.committed({ startedAtMs, deadLetters, asyncCount: this.asyncRecordCount(), backlogs });
    return outcome;
  }

  /** Back to the last commit, in memory only (K4). */
  rollBack(): void {
    const { state, collector, owner, environment } = this.#parts;
    this.#generation += 1;
    this.#enqueued = [];
    this.#closeNodes();
    this.#punctuations.clear();
    collector.clear();
    state.dropOpen();
    this.#failures.rolledBack();
    this.#current.end();
    this.#input.rewind();
    this.#isDirty = false;
    this.#wantsCommit = false;
    this.#needsRollback = false;
    this.#nodes = this.#createNodes();
    owner.seek(this.#input.committed());
    this.#report.rolledBack();
    environment.crashPoints.reach('rolled-back');
  }

  fail(): void {
    if (this.#status !== 'failed' && this.#status !== 'closed') this.#become('failed');
  }

  /**
   * Flushes what is committed, so that the next owner on this disk restores nothing. To be called after a commit; makes one more, of offsets
   * only, for a flush needs the proof that the task was still ours when its position was read (K7).
   */
  async flush(): Promise<void> {
    const { flusher, state } = this.#parts;
    await flusher.finish();
    if (state.usage().unflushedCount === 0) return;
    await this.#commit(true);
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

  #processRecords(maxCount: number): number {
    const { clock, bounds } = this.#parts.environment;
    const endAtMs = clock.monotonicMs() + bounds.turnMs;
    let count = 0;
    while (count < maxCount && !this.#needsRollback) {
      if (count % admissionCheckInterval === 0 && !this.#admits()) break;
      const feed = this.#input.next();
      const fed = feed?.next();
      if (feed === undefined || fed === undefined) break;
      this.#processRecord(feed, fed);
      count += 1;
      if (clock.monotonicMs() >= endAtMs) break;
    }
    if (count > 0) this.#isDirty = true;
    return count;
  }

  #processRecord(feed: SourceFeed, { input, decoded }: FedRecord): void {
    this.#current.begin(feed.queue, input);
    if ('error' in decoded) this.#failures.refuseInput(feed.node.name, decoded.error);
    else this.#deliver(feed, decoded.record);
    this.#current.end();
    const { crashPoints } = this.#parts.environment;
    if (crashPoints.isArmed) crashPoints.reach('record-processed');
  }

  #deliver(feed: SourceFeed, record: StreamRecord<unknown, unknown>): void {
    this.#parts.state.advanceStreamTime(record.timestampMs);
    if (this.#failures.isCondemned()) {
      // A commit right behind each condemned record, so that the next one does not repeat the work before this one.
      this.#wantsCommit = true;
      return;
    }
    try {
      feed.node.deliver(record);
    } catch (error) {
      this.#failures.condemn(error);
      this.#needsRollback = true;
    }
  }

  #runEnqueued(): number {
    if (this.#enqueued.length === 0) return 0;
    const work = this.#enqueued;
    this.#enqueued = [];
    this.#isDirty = true;
    for (const one of work) {
      try {
        one();
      } catch (error) {
        this.#failures.condemn(error);
        this.#needsRollback = true;
        // The rest belongs to the transaction that is about to be dropped; the nodes issue it again.
        break;
      }
    }
    return work.length;
  }

  #runPunctuations(): number {
    const count = this.#needsRollback ? 0 : this.#punctuations.runDue();
    if (count > 0) this.#isDirty = true;
    this.#report.punctuated(count);
    return count;
  }

  #admits(): boolean {
    const verdict = this.#admission.judge(this.#nodes.asyncNodes);
    if (verdict === 'commit') this.#wantsCommit = true;
    if (verdict === 'flush') this.#isDirty = true;
    return verdict === 'open';
  }

  #createNodes(): TaskNodes {
    const { subTopology, state } = this.#parts;
    const nodes = createTaskNodes(subTopology, this.#scope());
    this.#input.connect(nodes.sources, state);
    for (const node of nodes.asyncNodes) node.reissue();
    return nodes;
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
      wrapProcessor: environment.wrapProcessor,
      globalStore: environment.globalStore,
      clock: environment.clock,
      random: environment.random,
      logger: this.#logger,
      metrics: environment.metrics,
      caughtUp: () => this.#input.isCaughtUp(),
      onDropped: (nodeName, reason) => this.#report.dropped(nodeName, reason),
      isCondemned: () => this.#failures.isCondemned(),
      enqueue: (work) => {
        if (generation !== this.#generation) return;
        this.#enqueued.push(work);
        owner.wake();
      },
    };
  }

  #closeNodes(): void {
    try {
      this.#nodes.close();
    } catch (error) {
      this.#logger.warn(errorFields(error), 'a processor failed to close');
    }
  }

  #become(status: TaskStatus): void {
    if (!mayBecome(this.#status, status))
      throw new StepwrightError('TASK_FAILED', `task ${this.name} is ${this.#status} and cannot become ${status}`);
    this.#status = status;
  }
}
