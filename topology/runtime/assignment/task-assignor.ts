import type { Topology } from '../../builder/topology-builder-api.ts';
import type { Assignor, GroupMember, TopicPartition } from '../../log/log.ts';
import { assignTogether } from '../../log/local/default-assignor.ts';
import { taskIdText } from '../task-id.ts';
import { Candidate } from './candidate.ts';
import { encodePlan } from './group-plan.ts';
import { decodeMemberData } from './member-data.ts';
import { planTasks, type PlanningOptions } from './plan-tasks.ts';
import { listTasks } from './task-catalog.ts';

export interface AssignorOptions extends PlanningOptions {
  readonly topology: Topology;
  /** A member with at most this lag counts as caught up. */
  readonly acceptableRecoveryLag: number;
}

/** The assignor of an app: plans tasks and tells every member the whole plan. Topics of an older topology are dealt out among those who read them. */
export function createTaskAssignor(options: AssignorOptions): Assignor {
  return (members, partitionCounts) => {
    const tasks = listTasks(options.topology, partitionCounts);
    const candidates = members.map(
      ({ memberId, topics, userData }) =>
        new Candidate({ memberId, topics, data: decodeMemberData(userData), acceptableLag: options.acceptableRecoveryLag }),
    );
    const plan = planTasks(tasks, candidates, options);
    const userData = encodePlan(plan);
    const inputs = new Map(tasks.map((task) => [task.name, task.inputs]));
    const foreign = assignForeign(options.topology, members, partitionCounts);
    return new Map(
      plan.members.map(({ memberId, active }) => {
        const partitions = active.flatMap((id) => inputs.get(taskIdText(id)) ?? []);
        return [memberId, { partitions: [...partitions, ...(foreign.get(memberId) ?? [])], userData }];
      }),
    );
  };
}

function assignForeign(
  { subTopologies }: Topology,
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const own = new Set(subTopologies.flatMap(({ sourceTopics }) => sourceTopics));
  const counts = new Map([...partitionCounts].filter(([topic]) => !own.has(topic)));
  if (counts.size === 0) return new Map();
  return new Map([...assignTogether(members, counts)].map(([memberId, { partitions }]) => [memberId, partitions]));
}
