import { setImmediate as yieldToIo } from 'node:timers/promises';
import type { SubTopology } from '../builder/sub-topology.ts';
import type { Topology } from '../builder/topology-builder-api.ts';
import type { GroupedSource, GroupMembership, OffsetCommit, RecordBatch, TopicPartition } from '../log/log.ts';
import { hasCode } from '../base/errors.ts';
import { GroupShare } from './assignment/group-share.ts';
import { backOffMs } from './back-off.ts';
import { ChangelogReader } from './changelog-reader.ts';
import { forgetTask } from './engine-metrics.ts';
import { errorFields } from './error-fields.ts';
import { Mailbox } from './mailbox.ts';
import { PartitionFlow } from './partition-flow.ts';
import { RepartitionPurger } from './repartition-purger.ts';
import type { RestoreProgress } from './restore-driver.ts';
import { StandbyKeeper, type KeptCopy } from './standby/standby-keeper.ts';
import { StateCleaner } from './state-cleaner.ts';
import type { TaskEnvironment } from './task-environment.ts';
import { TaskSlot, type SlotStatus } from './task-slot.ts';
import { taskIdText, type TaskId } from './task-id.ts';

export interface StreamThreadOptions {
  readonly environment: TaskEnvironment;
  readonly instanceId: string;
  /** How long an idle poll may wait; 0 in tests. */
  readonly pollWaitMs: number;
  onChange(): void;
  onProgress(progress: RestoreProgress): void;
  onTaskFailed(slot: TaskSlot, error: unknown): void;
  onTaskStatus(slot: TaskSlot, next: SlotStatus, previous: SlotStatus): void;
}

/** The loop turns at least so often, so that a long wait for brokers does not look like something that holds it. */
const longestWaitMs = 5_000;

/** Read for restores and copies at a time while tasks process beside them. */
const politePollBytes = 1_048_576;

/**
 * The one loop of an app: takes input for the assigned partitions, gives every task its turn, begins commits. Owns the group membership, the
 * slots, the copies and the one reader of changelogs. Only `turn` mutates them; everything that happens elsewhere (polls, commits, restores, async calls, rebalances) is posted to the
 * mailbox. Tasks commit side by side: a commit is begun in a turn and its end posted, so others go on meanwhile.
 */
export class StreamThread {
  readonly #options: StreamThreadOptions;
  readonly #topology: Topology;
  readonly #mailbox: Mailbox;
  readonly #slots = new Map<string, TaskSlot>();
  readonly #reader: ChangelogReader;
  readonly #copies: StandbyKeeper;
  readonly #share: GroupShare;
  readonly #purger: RepartitionPurger;
  readonly #cleaner: StateCleaner;
  #source: GroupedSource | undefined;
  #flow: PartitionFlow | undefined;
  #isPaused = false;
  #isStopping = false;
  #pollCount = 0;
  /** Number of the last poll that was begun before new input may have been written. */
  #staleUntilPoll = 0;
  #lastEmptyPoll = 0;
  #joinFailureCount = 0;
  #joinAtMs = -Infinity;
  #isJoining = false;
  #hasAssignment = false;
  #lastTurnAtMs: number;

  constructor(options: StreamThreadOptions) {
    this.#options = options;
    this.#topology = options.environment.topology;
    this.#mailbox = new Mailbox(options.environment.clock);
    this.#lastTurnAtMs = options.environment.clock.monotonicMs();
    const { environment, instanceId } = options;
    this.#reader = new ChangelogReader({ log: environment.log, pollBytes: () => this.#restorePollBytes() });
    const openTasks = () => ({ slots: this.slots(), copies: this.copies() });
    this.#purger = new RepartitionPurger(environment);
    this.#share = new GroupShare({ environment, memberId: instanceId, openTasks });
    this.#cleaner = new StateCleaner(environment, (name) => this.#share.lags.remember(name, undefined));
    const onClosed: ConstructorParameters<typeof StandbyKeeper>[0]['onClosed'] = (name, position) => {
      environment.engineMetrics.standbyLag.remove({ task: name });
      this.#share.lags.remember(name, position);
      this.#mailbox.post(() => this.#keepCopies());
    };
    this.#copies = new StandbyKeeper({ environment, reader: this.#reader, onClosed });
  }

  slots(): readonly TaskSlot[] {
    return [...this.#slots.values()];
  }

  /** Copies of tasks that others process. */
  copies(): readonly KeptCopy[] {
    return this.#copies.copies();
  }

  share(): GroupShare {
    return this.#share;
  }

  /** A member with an assignment, possibly an empty one. */
  isJoined(): boolean {
    return this.#source !== undefined && this.#hasAssignment && this.#joinFailureCount === 0;
  }

  joinFailureCount(): number {
    return this.#joinFailureCount;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  /** Of the monotonic clock. An old value means that something holds the loop. */
  lastTurnAtMs(): number {
    return this.#lastTurnAtMs;
  }

  membership(): GroupMembership | undefined {
    return this.#source?.membership();
  }

  async commitOffsets(offsets: readonly OffsetCommit[]): Promise<void> {
    await this.#source?.commitOffsets(offsets);
  }

  setPaused(isPaused: boolean): void {
    this.#mailbox.post(() => {
      this.#isPaused = isPaused;
      this.#options.onChange();
    });
  }

  /** Runs until `stop`. Never rejects. */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      const doneCount = this.turn();
      if (doneCount > 0) await yieldToIo();
      else await this.waitForNews(longestWaitMs);
    }
  }

  /** Ends `run`, hands every task over (commit, flush, close) and leaves the group. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#mailbox.wake();
    this.#mailbox.drain();
    await this.#releaseAll(true);
    await this.#source?.close();
    this.#source = undefined;
    // Behind the leave: others take over meanwhile.
    await this.#copies.closeAll(true);
    await this.#reader.close();
  }

  /** Ends as a process does that is killed, except that what it held is free at once: nothing is committed or flushed. */
  async kill(): Promise<void> {
    this.#isStopping = true;
    this.#mailbox.wake();
    await this.#releaseAll(false);
    await this.#source?.close();
    this.#source = undefined;
    await this.#copies.closeAll(false);
    await this.#reader.close();
  }

  /** One step of the loop. Returns how much was done; 0 means that it may wait for news. */
  turn(): number {
    const { clock } = this.#options.environment;
    this.#lastTurnAtMs = clock.monotonicMs();
    let doneCount = this.#mailbox.drain();
    if (this.#isStopping) return doneCount;
    if (this.#source === undefined && !this.#isJoining && clock.nowMs() >= this.#joinAtMs) this.#join();
    this.#regulate();
    this.#share.turn(this.#source);
    if (this.#hasAssignment) this.#cleaner.turn((name) => this.#slots.has(name) || this.#copies.copy(name) !== undefined);
    for (const slot of this.#slots.values()) doneCount += slot.turn(this.#isPaused);
    this.#poll();
    return doneCount;
  }

  /** Resolves when something was posted or the clock says that a slot has something to do. */
  async waitForNews(mostMs = Infinity): Promise<void> {
    const { clock } = this.#options.environment;
    let nextAtMs = this.#source === undefined && !this.#isJoining ? this.#joinAtMs : Infinity;
    if (this.#source !== undefined) nextAtMs = Math.min(nextAtMs, this.#share.nextTurnAtMs());
    if (!this.#isPaused) for (const slot of this.#slots.values()) nextAtMs = Math.min(nextAtMs, slot.nextTurnAtMs());
    await this.#mailbox.wait(Math.min(mostMs, nextAtMs - clock.nowMs()));
  }

  /** True when no input is left and nothing moves without the outside: for a driver that steps the loop by hand. */
  isQuiet(): boolean {
    if (this.#source === undefined || this.#lastEmptyPoll <= this.#staleUntilPoll || !this.#mailbox.isEmpty) return false;
    return this.slots().every((slot) => slot.isQuiet());
  }

  /** The next poll may find something that the last one did not: input was written, from outside or by a commit. */
  expectInput(): void {
    this.#staleUntilPoll = this.#pollCount;
  }

  #join(): void {
    this.#isJoining = true;
    void this.#openSource().then(
      (source) => {
        if (this.#isStopping) return source.close();
        return this.#mailbox.post(() => this.#joined(source));
      },
      (error: unknown) => this.#mailbox.post(() => this.#joinFailed(error)),
    );
  }

  #joined(source: GroupedSource): void {
    this.#isJoining = false;
    this.#hasAssignment = false;
    this.#source = source;
    this.#flow = new PartitionFlow(source);
    this.#options.onChange();
  }

  #joinFailed(error: unknown): void {
    const { environment } = this.#options;
    this.#isJoining = false;
    this.#joinFailureCount += 1;
    this.#joinAtMs = environment.clock.nowMs() + backOffMs(this.#joinFailureCount, environment.random());
    environment.logger.error(
      { ...errorFields(error), failureCount: this.#joinFailureCount },
      'the group membership was lost; joining again after a back-off',
    );
    this.#options.onChange();
  }

  async #openSource(): Promise<GroupedSource> {
    const { environment, instanceId } = this.#options;
    await this.#share.prepare();
    return environment.log.openSource({
      groupId: environment.applicationId,
      memberId: instanceId,
      topics: this.#topology.subTopologies.flatMap(({ sourceTopics }) => sourceTopics),
      isolation: 'read_committed',
      offsetReset: environment.offsetReset,
      assignor: this.#share.assignor,
      userData: () => this.#share.describe(this.#source),
      onAssigned: ({ added, all, userData }) => {
        // At once: the poll that goes on behind this must not wait for a position that the transaction of a dead owner still covers.
        this.#flow?.setPaused(added, true);
        this.#mailbox.post(() => this.#assign(added, all, userData));
        return Promise.resolve();
      },
      onRevoked: (partitions) => this.#handOver(partitions, true),
      onLost: (partitions) => this.#handOver(partitions, false),
    });
  }

  #assign(added: readonly TopicPartition[], all: readonly TopicPartition[], userData: Buffer): void {
    this.#hasAssignment = true;
    this.#options.environment.engineMetrics.rebalance.add();
    this.#share.take(userData);
    for (const { topic, partition } of added) {
      const subTopology = this.#topology.subTopologies.find(({ sourceTopics }) => sourceTopics.includes(topic));
      if (subTopology === undefined) continue;
      const id = { subTopology: subTopology.id, partition };
      const isWhole = subTopology.sourceTopics.every((name) => all.some((at) => at.topic === name && at.partition === partition));
      if (!isWhole || this.#slots.has(taskIdText(id))) continue;
      const slot = this.#createSlot(id, subTopology);
      this.#options.environment.engineMetrics.taskCreated.add();
      this.#slots.set(slot.name, slot);
      this.#flow?.setPaused(slot.inputPartitions(), true);
    }
    this.#keepCopies();
    void this.#options.environment.releaseStored((name) => this.#slots.has(name) || this.#copies.copy(name) !== undefined);
    this.#options.onChange();
  }

  #createSlot(id: TaskId, subTopology: SubTopology): TaskSlot {
    const { environment, instanceId, onProgress } = this.#options;
    return new TaskSlot({
      ...{ id, subTopology, environment, instanceId, mailbox: this.#mailbox, reader: this.#reader },
      inherit: () => this.#copies.promote(taskIdText(id)),
      seek: (positions) => {
        this.#flow?.seek(positions);
        this.expectInput();
      },
      onProgress,
      onFailed: (failed, error) => {
        // Whose task was taken asks the group whether it is still in it, before it opens the task again and fences the other (K7).
        if (hasCode(error, 'TASK_LOST', 'LOG_FENCED')) this.#source?.requestRebalance();
        this.#options.onTaskFailed(failed, error);
      },
      onRunning: () => this.#options.onChange(),
      onStatus: (...change) => this.#options.onTaskStatus(...change),
      onCommitted: () => {
        this.expectInput();
        this.#purger.committed(() => this.slots().flatMap((one) => one.task()?.committedOffsets() ?? []));
      },
    });
  }

  /** A task is run or copied here, not both: its directory has one user. */
  #keepCopies(): void {
    if (!this.#isStopping) this.#copies.keep(this.#share.wantedCopies(), (name) => this.#slots.has(name));
  }

  #restorePollBytes(): number {
    const { restorePollBytes } = this.#options.environment.bounds;
    return this.slots().some((slot) => slot.isRunning()) ? Math.min(restorePollBytes, politePollBytes) : restorePollBytes;
  }

  /**
   * Awaited by the rebalance: the partitions go to another member when this resolves. Goes through the mailbox, behind an assignment that may
   * still lie there: else a task would be opened after its partition is gone.
   */
  async #handOver(partitions: readonly TopicPartition[], graceful: boolean): Promise<void> {
    if (this.#isStopping) return this.#releaseAll(graceful);
    await new Promise<void>((resolve, reject) => {
      this.#mailbox.post(() => void this.#release(partitions, graceful).then(resolve, reject));
    });
  }

  async #release(partitions: readonly TopicPartition[], graceful: boolean): Promise<void> {
    const leaving = this.slots().filter((slot) =>
      slot.inputPartitions().some((at) => partitions.some((one) => one.topic === at.topic && one.partition === at.partition)),
    );
    await Promise.all(leaving.map((slot) => slot.release(graceful)));
    for (const slot of leaving) this.#forget(slot);
    this.#flow?.drop(partitions);
    this.#mailbox.post(() => {
      this.#keepCopies();
      this.#options.onChange();
    });
  }

  async #releaseAll(graceful: boolean): Promise<void> {
    const slots = this.slots();
    await Promise.all(slots.map((slot) => slot.release(graceful)));
    for (const slot of slots) this.#forget(slot);
  }

  #forget(slot: TaskSlot): void {
    this.#slots.delete(slot.name);
    const { engineMetrics } = this.#options.environment;
    engineMetrics.taskClosed.add();
    forgetTask(engineMetrics, slot.name, slot.inputPartitions());
    const stored = slot.storedPosition();
    if (stored !== undefined) this.#share.lags.remember(slot.name, stored);
  }

  /** Admission: a partition flows while its task takes input (K6). */
  #regulate(): void {
    for (const slot of this.#slots.values()) this.#flow?.setPaused(slot.inputPartitions(), this.#isPaused || !slot.acceptsInput());
  }

  #poll(): void {
    const flow = this.#flow;
    if (flow === undefined || flow.isPolling || this.#source === undefined) return;
    const { environment, pollWaitMs } = this.#options;
    this.#pollCount += 1;
    const pollNumber = this.#pollCount;
    const isBusy = this.slots().some((slot) => slot.task()?.hasWork() === true);
    flow.poll({ maxWaitMs: isBusy ? 0 : pollWaitMs, maxBytes: environment.bounds.pollBytes }).then(
      (batches) => this.#mailbox.post(() => this.#take(flow, pollNumber, batches)),
      (error: unknown) => this.#mailbox.post(() => this.#leave(error)),
    );
  }

  #take(flow: PartitionFlow, pollNumber: number, batches: readonly RecordBatch[]): void {
    const valid = flow.take(batches);
    if (flow !== this.#flow) return;
    this.#joinFailureCount = 0;
    for (const batch of valid) {
      const subTopology = this.#topology.subTopologies.find(({ sourceTopics }) => sourceTopics.includes(batch.topic));
      if (subTopology === undefined) continue;
      this.#slots.get(taskIdText({ subTopology: subTopology.id, partition: batch.partition }))?.addBatch(batch);
    }
    if (batches.length > 0) return;
    this.#lastEmptyPoll = pollNumber;
    for (const slot of this.#slots.values()) {
      if (slot.inputPartitions().every((at) => flow.wasAsked(at))) slot.markAtEnd();
    }
  }

  /** The membership is gone: other members may own the tasks by now, so nothing is committed (K7). */
  #leave(error: unknown): void {
    if (this.#isStopping || this.#source === undefined) return;
    const source = this.#source;
    this.#source = undefined;
    this.#flow = undefined;
    this.#isJoining = true;
    const left = Promise.all([this.#releaseAll(false), source.close()]);
    left.then(
      () => this.#mailbox.post(() => this.#joinFailed(error)),
      (closeError: unknown) => this.#mailbox.post(() => this.#joinFailed(closeError)),
    );
  }
}
