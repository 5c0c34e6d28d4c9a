/**
 * The assignor against a model of a group: members with disks join, leave, die and come back, copies make progress, and after every round the
 * plan is looked at. Never: a task without an owner or with two, a move to a member that lags while one lives that does not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonSerde, stringSerde } from '../../../schemas/serdes.ts';
import { stringKey } from '../../../state/keys/key-serdes.ts';
import { keyValueStore } from '../../../state/store.ts';
import { createTopologyBuilder } from '../../builder/topology-builder.ts';
import { taskIdText, type TaskId } from '../task-id.ts';
import { decodePlan, type GroupPlan } from './group-plan.ts';
import type { HeldTask, TaskHolding } from './held-task.ts';
import { encodeMemberData } from './member-data.ts';
import { createTaskAssignor } from './task-assignor.ts';
import { listTasks } from './task-catalog.ts';

const numbers = jsonSerde<number>();
const acceptableRecoveryLag = 100;

/** Two sub-topologies with state, one of them with two sources, and one without. */
function createTopology() {
  const builder = createTopologyBuilder('assigned');
  const source = (topic: string) => builder.source(topic, { topic, key: stringSerde, value: numbers });
  const stateful = (name: string, topics: readonly string[]) =>
    builder.processor(name, {
      from: topics.map(source),
      stores: { store: keyValueStore(`${name}-store`, { key: stringKey, value: numbers }) },
      create: () => ({ process: () => {} }),
    });
  stateful('joined', ['left', 'right']);
  stateful('counted', ['single']);
  builder.processor('passed', { from: source('plain'), create: () => ({ process: () => {} }) });
  return builder.build();
}

const topology = createTopology();
const topics = topology.subTopologies.flatMap(({ sourceTopics }) => sourceTopics);

interface ModelMember {
  readonly host: string;
  /** Missing offsets, of what is on its disk. */
  readonly lags: Map<string, number>;
  active: Set<string>;
  copies: Set<string>;
}

interface ModelOptions {
  readonly partitionCount: number;
  readonly standbyCount: number;
  readonly maxWarmups: number;
  readonly changelogLength: number;
}

class ModelGroup {
  readonly members = new Map<string, ModelMember>();
  readonly #disks = new Map<string, Map<string, number>>();
  readonly #options: ModelOptions;
  readonly #counts: ReadonlyMap<string, number>;
  readonly tasks;
  plan: GroupPlan = { members: [], isProbing: false };

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#counts = new Map(topics.map((topic) => [topic, options.partitionCount]));
    this.tasks = listTasks(topology, this.#counts);
  }

  join(index: number): void {
    const name = `member-${index}`;
    if (this.members.has(name)) return;
    const lags = this.#disks.get(name) ?? new Map<string, number>();
    this.#disks.set(name, lags);
    this.members.set(name, { host: `host-${index % 3}:${1000 + index}`, lags, active: new Set(), copies: new Set() });
  }

  leave(index: number): void {
    this.members.delete(`member-${index}`);
  }

  /** Everybody goes on: the disks of those who are away fall behind, copies come nearer. */
  progress(copied: number): void {
    for (const [name, disk] of this.#disks) {
      const member = this.members.get(name);
      for (const { name: task } of this.tasks) {
        if (member?.active.has(task)) disk.set(task, 0);
        else if (member?.copies.has(task)) disk.set(task, Math.max(0, (disk.get(task) ?? this.#options.changelogLength) - copied));
        else if (disk.has(task)) disk.set(task, (disk.get(task) ?? 0) + 10);
      }
    }
  }

  lag(member: ModelMember, task: string): number {
    return member.active.has(task) ? (member.lags.get(task) ?? 0) : (member.lags.get(task) ?? this.#options.changelogLength);
  }

  rebalance(): GroupPlan {
    const assign = createTaskAssignor({ topology, acceptableRecoveryLag, ...this.#options });
    const given = [...this.members].map(([memberId, member]) => ({ memberId, topics, userData: this.#userData(member) }));
    const shares = assign(given, this.#counts);
    const plans = new Set([...shares.values()].map(({ userData }) => userData.toString('hex')));
    assert.ok(plans.size <= 1, 'all members get the same plan');
    const plan = decodePlan([...shares.values()][0]?.userData ?? Buffer.alloc(0)) ?? { members: [], isProbing: false };
    this.#check(plan);
    for (const { memberId, active } of plan.members) {
      const expected = active.flatMap((id) => this.tasks.find(({ name }) => name === taskIdText(id))?.inputs ?? []);
      assert.deepEqual(shares.get(memberId)?.partitions, expected, 'source topics of one sub-topology stay together');
    }
    this.plan = plan;
    for (const { memberId, active, standby, warmUp } of plan.members) {
      const member = this.members.get(memberId);
      if (member === undefined) continue;
      member.active = new Set(active.map(taskIdText));
      member.copies = new Set([...standby, ...warmUp].map(taskIdText));
      // A task with little left to restore is restored at once.
      for (const name of member.active) member.lags.set(name, 0);
    }
    return plan;
  }

  #userData(member: ModelMember): Buffer {
    const tasks = this.tasks.map(({ id, name, isStateful }): HeldTask => {
      const holding: TaskHolding = member.active.has(name)
        ? 'active'
        : member.copies.has(name)
          ? 'standby'
          : member.lags.has(name)
            ? 'closed'
            : 'none';
      return { id, holding, lag: isStateful ? this.lag(member, name) : 0 };
    });
    return encodeMemberData({ host: member.host, tasks });
  }

  #check(plan: GroupPlan): void {
    const names = (ids: readonly TaskId[]) => ids.map(taskIdText);
    const active = plan.members.flatMap((member) => names(member.active));
    assert.deepEqual(active.toSorted(), this.members.size === 0 ? [] : this.tasks.map(({ name }) => name).toSorted());
    let extraCount = 0;
    for (const { memberId, active: owned, standby, warmUp } of plan.members) {
      const member = this.members.get(memberId);
      assert.ok(member);
      const all = [...names(owned), ...names(standby), ...names(warmUp)];
      assert.equal(new Set(all).size, all.length, 'a member has a task once');
      extraCount += warmUp.filter((id) => !this.#isFull(plan, taskIdText(id))).length;
      for (const name of names(owned)) this.#checkMove(member, name);
    }
    for (const { name, isStateful } of this.tasks) {
      const count = plan.members.filter(({ standby, warmUp }) => names([...standby, ...warmUp]).includes(name)).length;
      const expected = isStateful ? Math.min(this.#options.standbyCount, Math.max(0, this.members.size - 1)) : 0;
      assert.ok(count >= expected && count <= expected + 1, `task ${name} has ${count} copies, ${expected} are wanted`);
    }
    assert.ok(extraCount <= this.#options.maxWarmups, 'warm-ups are bounded');
  }

  /** True when the standbys alone make up the wanted number less one: then the warm-up is one of them. */
  #isFull(plan: GroupPlan, name: string): boolean {
    const standbyCount = plan.members.filter(({ standby }) => standby.map(taskIdText).includes(name)).length;
    return standbyCount < Math.min(this.#options.standbyCount, this.members.size - 1);
  }

  #checkMove(member: ModelMember, name: string): void {
    const task = this.tasks.find((one) => one.name === name);
    if (task?.isStateful !== true || this.lag(member, name) <= acceptableRecoveryLag) return;
    for (const other of this.members.values()) {
      assert.ok(this.lag(other, name) > acceptableRecoveryLag, `task ${name} went to a member that lags while another has caught up`);
    }
  }
}

function loads(plan: GroupPlan, group: ModelGroup, onlyStateful: boolean): readonly number[] {
  const counted = new Set(group.tasks.filter(({ isStateful }) => isStateful || !onlyStateful).map(({ name }) => name));
  return plan.members.map(({ active }) => active.filter((id) => counted.has(taskIdText(id))).length);
}

function spreadOf(counts: readonly number[]): number {
  return counts.length === 0 ? 0 : Math.max(...counts) - Math.min(...counts);
}

/** Rebalances as warm-ups ask for it until nothing is left to move. */
function settle(group: ModelGroup): void {
  for (let round = 0; round < 200; round += 1) {
    group.progress(1_000_000);
    if (!group.rebalance().isProbing) return;
  }
  assert.fail('the group does not come to rest');
}

const actions = fc.array(
  fc.record({
    kind: fc.constantFrom('join', 'join', 'leave', 'progress', 'rebalance'),
    member: fc.nat({ max: 5 }),
    copied: fc.integer({ min: 0, max: 2_000 }),
  }),
  { minLength: 1, maxLength: 40 },
);
const optionsArbitrary = fc.record({
  partitionCount: fc.integer({ min: 1, max: 7 }),
  standbyCount: fc.nat({ max: 2 }),
  maxWarmups: fc.integer({ min: 1, max: 3 }),
  changelogLength: fc.constantFrom(50, 5_000),
});

function run(
  options: ModelOptions,
  steps: readonly { readonly kind: string; readonly member: number; readonly copied: number }[],
): ModelGroup {
  const group = new ModelGroup(options);
  for (const { kind, member, copied } of steps) {
    if (kind === 'join') group.join(member);
    if (kind === 'leave') group.leave(member);
    if (kind === 'progress') group.progress(copied);
    else group.rebalance();
  }
  group.join(0);
  group.rebalance();
  return group;
}

const seed = Date.now() % 2 ** 31;

test('every plan is valid, keeps to who has caught up, and comes to rest with equal shares', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(optionsArbitrary, actions, (options, steps) => {
      const group = run(options, steps);
      settle(group);
      assert.ok(spreadOf(loads(group.plan, group, true)) <= 1, 'tasks with state are shared equally');
      assert.ok(spreadOf(loads(group.plan, group, false)) <= 1, 'all tasks are shared equally');
    }),
    { seed, numRuns: 300 },
  );
});

test('a group at rest stays as it is, whatever rebalances are asked for', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(optionsArbitrary, actions, (options, steps) => {
      const group = run(options, steps);
      settle(group);
      const before = group.plan;
      group.progress(0);
      group.rebalance();
      assert.deepEqual(group.plan, before);
    }),
    { seed, numRuns: 200 },
  );
});

/** Tasks with state that went from one member to another, neither of which is `except`. */
function movesBetweenOthers(before: ReadonlyMap<string, ReadonlySet<string>>, group: ModelGroup, except: string): readonly string[] {
  return [...group.members].flatMap(([memberId, { active }]) => {
    if (memberId === except) return [];
    const others = [...before].filter(([other]) => other !== memberId && other !== except).flatMap(([, tasks]) => [...tasks]);
    return [...active].filter((name) => others.includes(name) && group.tasks.some((task) => task.name === name && task.isStateful));
  });
}

test('a member that joins takes its share and moves no state between two others; for one that leaves no more moves than it had', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(optionsArbitrary, actions, fc.nat({ max: 7 }), (options, steps, changed) => {
      const group = run(options, steps);
      settle(group);
      const before = new Map([...group.members].map(([memberId, { active }]) => [memberId, new Set(active)]));
      const name = `member-${changed}`;
      const leaves = group.members.has(name) && group.members.size > 1;
      if (leaves) group.leave(changed);
      else group.join(changed);
      group.rebalance();
      settle(group);
      const moves = movesBetweenOthers(before, group, name);
      assert.ok(moves.length <= (leaves ? (before.get(name)?.size ?? 0) : 0), `moved: ${moves.join(', ')}`);
    }),
    { seed, numRuns: 300 },
  );
});

test('a standby is on another host than its task while there is one', () => {
  const group = new ModelGroup({ partitionCount: 6, standbyCount: 1, maxWarmups: 2, changelogLength: 50 });
  // Members 0 and 3 are on one host.
  for (const member of [0, 3, 1]) group.join(member);
  group.rebalance();
  settle(group);
  for (const { active, host } of group.plan.members) {
    for (const id of active) {
      const holder = group.plan.members.find(({ standby }) => standby.some((one) => taskIdText(one) === taskIdText(id)));
      if (taskIdText(id).startsWith('2')) continue;
      assert.notEqual(holder?.host.split(':')[0], host.split(':')[0], taskIdText(id));
    }
  }
});

test('threads of one process keep no copies for each other: they would die together', () => {
  const assign = createTaskAssignor({ topology, acceptableRecoveryLag, standbyCount: 1, maxWarmups: 2 });
  const member = (memberId: string, host: string) => ({ memberId, topics, userData: encodeMemberData({ host, tasks: [] }) });
  const counts = new Map(topics.map((topic) => [topic, 4]));
  const planOf = (members: readonly ReturnType<typeof member>[]) =>
    decodePlan(assign(members, counts).get('a-1')?.userData ?? Buffer.alloc(0))?.members ?? [];
  const threads = [member('a-1', 'one:1'), member('a-2', 'one:1')];
  assert.deepEqual(
    planOf(threads).map(({ standby }) => standby.length),
    [0, 0],
  );
  const [first, second, other] = planOf([...threads, member('b', 'one:2')]);
  const stateful = [...(first?.active ?? []), ...(second?.active ?? [])].filter(({ subTopology }) => subTopology < 2);
  assert.deepEqual(other?.standby.map(taskIdText).toSorted(), stateful.map(taskIdText).toSorted());
});

test('members of another version, or without data, get their share of tasks and no copies', () => {
  const assign = createTaskAssignor({ topology, acceptableRecoveryLag, standbyCount: 1, maxWarmups: 2 });
  const counts = new Map(topics.map((topic) => [topic, 4]));
  const tasks = listTasks(topology, counts).map(({ id }): HeldTask => ({ id, holding: 'active', lag: 0 }));
  const members = [
    { memberId: 'a', topics, userData: encodeMemberData({ host: '', tasks }) },
    { memberId: 'b', topics, userData: Buffer.alloc(0) },
    { memberId: 'c', topics, userData: Buffer.from([99, 1, 2, 3]) },
  ];
  const shares = assign(members, counts);
  const plan = decodePlan(shares.get('a')?.userData ?? Buffer.alloc(0));
  assert.deepEqual(
    plan?.members.map(({ active, standby, warmUp }) => [active.length, standby.length, warmUp.length]),
    [
      [4, 5, 0],
      [4, 0, 0],
      [4, 0, 0],
    ],
  );
});

test('partitions of a topic that this topology does not read go to those who do', () => {
  const assign = createTaskAssignor({ topology, acceptableRecoveryLag, standbyCount: 0, maxWarmups: 0 });
  const counts = new Map([...topics.map((topic) => [topic, 1] as const), ['older', 2]]);
  const shares = assign(
    [
      { memberId: 'new', topics, userData: Buffer.alloc(0) },
      { memberId: 'old', topics: [...topics, 'older'], userData: Buffer.alloc(0) },
    ],
    counts,
  );
  const older = [...shares].map(([memberId, { partitions }]) => [memberId, partitions.filter(({ topic }) => topic === 'older').length]);
  assert.deepEqual(older, [
    ['new', 0],
    ['old', 2],
  ]);
});
