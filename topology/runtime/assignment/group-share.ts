import { setImmediate as yieldToIo } from 'node:timers/promises';
import type { Assignor, GroupedSource } from '../../log/log.ts';
import { errorFields } from '../error-fields.ts';
import type { KeptCopy, WantedCopy } from '../standby/standby-keeper.ts';
import type { TaskEnvironment } from '../task-environment.ts';
import type { StoredTask } from '../state-supplier.ts';
import type { TaskSlot } from '../task-slot.ts';
import { decodePlan, emptyPlan, type GroupPlan, type MemberPlan } from './group-plan.ts';
import type { HeldTask } from './held-task.ts';
import { encodeMemberData } from './member-data.ts';
import { createTaskAssignor } from './task-assignor.ts';
import { TaskLags } from './task-lags.ts';

/** What a member has open now. */
export interface OpenTasks {
  readonly slots: readonly TaskSlot[];
  readonly copies: readonly KeptCopy[];
}

export interface GroupShareOptions {
  readonly environment: TaskEnvironment;
  readonly memberId: string;
  readonly openTasks: () => OpenTasks;
}

/** Between two looks at the ends of changelogs: while a warm-up is under way here, and else. */
const warmUpLookMs = 500;
const idleLookMs = 10_000;

/**
 * This member's part in sharing the tasks: tells the group what it has, knows the plan, and asks for a rebalance once a warm-up here has
 * caught up (KIP-441's probing).
 */
export class GroupShare {
  readonly lags: TaskLags;
  readonly assignor: Assignor;
  readonly #options: GroupShareOptions;
  #plan: GroupPlan = emptyPlan;
  #isLoaded = false;
  #isLooking = false;
  #nextLookAtMs = Infinity;
  #nextProbeAtMs = Infinity;

  constructor(options: GroupShareOptions) {
    const { environment } = options;
    this.#options = options;
    this.lags = new TaskLags(environment);
    this.assignor = createTaskAssignor({ topology: environment.topology, ...environment.sharing });
  }

  plan(): GroupPlan {
    return this.#plan;
  }

  /** To be awaited before joining: reads what is on disk, once, and where the changelogs end. What cannot be read is not known then; it joins all the same. */
  async prepare(): Promise<void> {
    const { environment } = this.#options;
    try {
      if (!this.#isLoaded) this.lags.load(await environment.storedPositions(this.#storedTasks()));
      this.#isLoaded = true;
      await this.lags.refresh();
    } catch (error) {
      environment.logger.warn(
        errorFields(error),
        'it is not known how far the tasks on this disk are: the group shares them as if nothing were there',
      );
    }
  }

  #storedTasks(): readonly StoredTask[] {
    const { subTopologies } = this.#options.environment.topology;
    return this.lags.tasks.flatMap(({ id, name }) => {
      const stores = subTopologies.find((one) => one.id === id.subTopology)?.stores.map(({ spec }) => spec) ?? [];
      return stores.length === 0 ? [] : [{ name, stores }];
    });
  }

  /** User data of this member, as of now. */
  describe(source: GroupedSource | undefined): Buffer {
    const { slots, copies } = this.#options.openTasks();
    const slotOf = new Map(slots.map((slot) => [slot.name, slot]));
    const copyOf = new Map(copies.map((copy) => [copy.task.name, copy]));
    const assigned = new Set((source?.assignment() ?? []).map(({ topic, partition }) => `${topic}-${partition}`));
    const tasks = this.lags.tasks.flatMap((task): readonly HeldTask[] => {
      const { id, name, isStateful } = task;
      const slot = slotOf.get(name);
      // A task that was assigned a moment ago has no slot yet.
      if (slot !== undefined || task.inputs.every(({ topic, partition }) => assigned.has(`${topic}-${partition}`))) {
        return [{ id, holding: 'active', lag: slot?.progress()?.remainingCount ?? this.#diskLag(name) }];
      }
      if (!isStateful) return [];
      const copy = copyOf.get(name);
      if (copy !== undefined) return [{ id, holding: 'standby', lag: this.copyLag(copy) }];
      const lag = this.lags.storedLag(name);
      return [lag === undefined ? { id, holding: 'none', lag: this.lags.lag(name, undefined) } : { id, holding: 'closed', lag }];
    });
    return encodeMemberData({ host: this.#options.environment.sharing.advertisedHost, tasks });
  }

  copyLag({ task }: KeptCopy): number {
    const positions = task.readPositions();
    return positions === undefined ? this.#diskLag(task.name) : this.lags.lag(task.name, positions);
  }

  /** Takes the leader's plan. Returns the copies that this member is to keep. */
  take(userData: Buffer): readonly WantedCopy[] {
    const { environment, memberId } = this.#options;
    this.#plan = decodePlan(userData) ?? emptyPlan;
    const nowMs = environment.clock.nowMs();
    const own = this.#own();
    this.#nextLookAtMs = this.#plan.members.length < 2 ? Infinity : nowMs + (own?.warmUp.length ? warmUpLookMs : idleLookMs);
    const isProber = this.#plan.isProbing && this.#plan.members[0]?.memberId === memberId;
    this.#nextProbeAtMs = isProber ? nowMs + environment.sharing.probingIntervalMs : Infinity;
    return this.wantedCopies();
  }

  wantedCopies(): readonly WantedCopy[] {
    const own = this.#own();
    if (own === undefined) return [];
    return [...own.standby.map((id) => ({ id, role: 'standby' as const })), ...own.warmUp.map((id) => ({ id, role: 'warm-up' as const }))];
  }

  nextTurnAtMs(): number {
    return Math.min(this.#isLooking ? Infinity : this.#nextLookAtMs, this.#nextProbeAtMs);
  }

  /** One turn of the member's loop. */
  turn(source: GroupedSource | undefined): void {
    if (source === undefined) return;
    const nowMs = this.#options.environment.clock.nowMs();
    if (nowMs >= this.#nextProbeAtMs) {
      this.#nextProbeAtMs = nowMs + this.#options.environment.sharing.probingIntervalMs;
      source.requestRebalance();
    }
    if (nowMs >= this.#nextLookAtMs && !this.#isLooking) void this.#look(source);
  }

  async #look(source: GroupedSource): Promise<void> {
    const { environment } = this.#options;
    this.#isLooking = true;
    try {
      await this.lags.refresh();
      // Behind other work of this moment, so that a warm-up that has just read its last batch counts.
      await yieldToIo();
      for (const copy of this.#options.openTasks().copies) {
        environment.engineMetrics.standbyLag.set(this.copyLag(copy), { task: copy.task.name });
      }
      if (this.#hasWarmedUp()) source.requestRebalance();
    } catch (error) {
      environment.logger.debug(errorFields(error), 'the ends of changelogs could not be looked up');
    } finally {
      this.#isLooking = false;
      this.#nextLookAtMs = environment.clock.nowMs() + (this.#own()?.warmUp.length ? warmUpLookMs : idleLookMs);
    }
  }

  #hasWarmedUp(): boolean {
    const { acceptableRecoveryLag } = this.#options.environment.sharing;
    const { copies } = this.#options.openTasks();
    return copies.some((copy) => copy.role === 'warm-up' && copy.task.state() !== undefined && this.copyLag(copy) <= acceptableRecoveryLag);
  }

  #diskLag(name: string): number {
    return this.lags.storedLag(name) ?? this.lags.lag(name, undefined);
  }

  #own(): MemberPlan | undefined {
    return this.#plan.members.find(({ memberId }) => memberId === this.#options.memberId);
  }
}
