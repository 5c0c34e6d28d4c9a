import type { Assignor, TopicPartition } from '../../log.ts';
import { assignTogether } from '../../local/default-assignor.ts';
import { partitionKey } from '../../local/partition-key.ts';
import type { MemberShare } from '../requests/group-requests.ts';
import type { Subscription } from './group-metadata.ts';
import { encodeShare } from './group-metadata.ts';

export interface SubscribedMember {
  /** The broker's name for it. */
  readonly brokerId: string;
  /** Our name for it, which the assignor sees. */
  readonly memberId: string;
  readonly subscription: Subscription;
}

/**
 * What the leader hands out: the assignor's wish, but a partition that another member still holds is given to nobody yet. Its holder sees that it is to go,
 * gives it up and joins again; that next rebalance gives it away (KIP-429).
 */
export function cooperativeShares(
  members: readonly SubscribedMember[],
  partitionCounts: ReadonlyMap<string, number>,
  assignor: Assignor = assignTogether,
): readonly MemberShare[] {
  const wishes = assignor(
    members.map(({ memberId, subscription }) => ({ memberId, userData: subscription.userData, topics: subscription.topics })),
    partitionCounts,
  );
  const holders = holdersOf(members);
  return members.map(({ brokerId, memberId }) => {
    const wish = wishes.get(memberId);
    const isFree = (at: TopicPartition): boolean => (holders.get(partitionKey(at)) ?? brokerId) === brokerId;
    const partitions = wish?.partitions.filter(isFree) ?? [];
    return { memberId: brokerId, assignment: encodeShare({ partitions, userData: wish?.userData ?? Buffer.alloc(0), bearer: brokerId }) };
  });
}

/** When two claim a partition, the one of the later generation holds it: the other missed a rebalance. */
function holdersOf(members: readonly SubscribedMember[]): ReadonlyMap<string, string> {
  const holders = new Map<string, string>();
  const byGeneration = [...members].sort((a, b) => a.subscription.generation - b.subscription.generation);
  for (const { brokerId, subscription } of byGeneration) {
    for (const at of subscription.owned) holders.set(partitionKey(at), brokerId);
  }
  return holders;
}
