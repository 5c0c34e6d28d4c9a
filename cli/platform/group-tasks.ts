import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import type { GroupDescription, Log } from '../../topology/log/log.ts';
import { decodePlan, type MemberPlan } from '../../topology/runtime/assignment/group-plan.ts';
import type { TaskRole } from '../../topology/runtime/describe-tasks.ts';
import { taskIdText } from '../../topology/runtime/task-id.ts';
import { groupLag, type PartitionLag } from './group-lag.ts';

/** A task of the group, or a copy of one, and who has it. */
export interface GroupTask {
  readonly taskId: string;
  readonly role: TaskRole;
  /** Undefined for a task that nobody has at the moment. */
  readonly memberId: string | undefined;
  /** Of its inputs, for the active one. */
  readonly lagCount: number;
  /** Sum of the committed positions of its inputs: its difference over time is a rate. */
  readonly committedSum: number;
}

export interface GroupMemberView {
  readonly memberId: string;
  /** `host:port` that it advertises for queries, else where it is connected from. */
  readonly host: string;
  readonly activeCount: number;
  readonly standbyCount: number;
}

/** The group of a topology as the log tells it: no process need be asked, or alive. */
export interface GroupView {
  readonly state: GroupDescription['state'];
  readonly members: readonly GroupMemberView[];
  readonly tasks: readonly GroupTask[];
  readonly lags: readonly PartitionLag[];
}

/** @throws {LOG_UNAVAILABLE} */
export async function viewGroup(log: Log, topology: Topology): Promise<GroupView> {
  const sources = topology.subTopologies.flatMap(({ sourceTopics }) => sourceTopics);
  const [group, lags] = await Promise.all([log.describeGroup(topology.applicationName), groupLag(log, topology.applicationName, sources)]);
  const plans = plansOf(group, topology);
  const active = activeTasks(topology, lags, plans);
  const copies = plans.flatMap((plan) => [
    ...plan.standby.map((id) => copyOf(taskIdText(id), 'standby', plan)),
    ...plan.warmUp.map((id) => copyOf(taskIdText(id), 'warm-up', plan)),
  ]);
  const hosts = new Map(group.members.map(({ memberId, host }) => [memberId, host]));
  const members = plans.map(({ memberId, host, active: own, standby, warmUp }) => ({
    memberId,
    host: host === '' ? (hosts.get(memberId) ?? '') : host,
    activeCount: own.length,
    standbyCount: standby.length + warmUp.length,
  }));
  return { state: group.state, members, tasks: [...active, ...copies], lags };
}

/** The leader's plan, which every member was given; without one (another assignor) what the partitions say. */
function plansOf({ members }: GroupDescription, topology: Topology): readonly MemberPlan[] {
  for (const { userData } of members) {
    const plan = decodePlan(userData);
    if (plan !== undefined && plan.members.length > 0) return plan.members;
  }
  return members.map(({ memberId, host, partitions }) => ({
    memberId,
    host,
    active: topology.subTopologies.flatMap(({ id, sourceTopics }) => {
      const own = partitions.filter(({ topic }) => topic === sourceTopics[0]);
      return own.map(({ partition }) => ({ subTopology: id, partition }));
    }),
    standby: [],
    warmUp: [],
  }));
}

function activeTasks(topology: Topology, lags: readonly PartitionLag[], plans: readonly MemberPlan[]): readonly GroupTask[] {
  return topology.subTopologies.flatMap(({ id, sourceTopics }) => {
    const inputs = lags.filter(({ topic }) => sourceTopics.includes(topic));
    const partitions = [...new Set(inputs.map(({ partition }) => partition))].sort((left, right) => left - right);
    return partitions.map((partition): GroupTask => {
      const own = inputs.filter((input) => input.partition === partition);
      const owner = plans.find(({ active }) => active.some((task) => task.subTopology === id && task.partition === partition));
      return {
        taskId: taskIdText({ subTopology: id, partition }),
        role: 'active',
        memberId: owner?.memberId,
        lagCount: own.reduce((sum, { lagCount }) => sum + lagCount, 0),
        committedSum: own.reduce((sum, { committedOffset }) => sum + Number(committedOffset ?? 0n), 0),
      };
    });
  });
}

function copyOf(taskId: string, role: TaskRole, { memberId }: MemberPlan): GroupTask {
  return { taskId, role, memberId, lagCount: 0, committedSum: 0 };
}
