import type { GroupPlan } from '../assignment/group-plan.ts';

/** A member of the group, as a caller reaches it. */
export interface MemberAddress {
  readonly instanceId: string;
  /** `host:port`; empty when it advertises none. */
  readonly host: string;
}

/** Where one partition of a store is, as of the last rebalance. While tasks move it may be out of date: ask again. */
export interface PartitionOwner {
  readonly partition: number;
  /** Undefined before the first assignment. */
  readonly active: MemberAddress | undefined;
  /** Who has a copy; warm-ups are not among them. */
  readonly standbys: readonly MemberAddress[];
}

export function ownerOf(plan: GroupPlan, subTopology: number, partition: number): PartitionOwner {
  const isIt = (id: { readonly subTopology: number; readonly partition: number }) =>
    id.subTopology === subTopology && id.partition === partition;
  const addressOf = ({ memberId, host }: GroupPlan['members'][number]): MemberAddress => ({ instanceId: memberId, host });
  const active = plan.members.find((member) => member.active.some(isIt));
  return {
    partition,
    active: active && addressOf(active),
    standbys: plan.members.filter((member) => member.standby.some(isIt)).map(addressOf),
  };
}
