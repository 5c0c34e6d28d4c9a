import type { Assignor, GroupMember, TopicPartition } from '../log.ts';

/**
 * Partitions of equal number of all topics go together (they feed one task), dealt round robin over the members sorted by id.
 * A member only gets partitions of topics that it subscribed to. User data is handed back empty.
 */
export const assignTogether: Assignor = (members, partitionCounts) => {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assigned = new Map<string, { partitions: TopicPartition[]; userData: Buffer }>();
  for (const member of sorted) assigned.set(member.memberId, { partitions: [], userData: Buffer.alloc(0) });
  const largest = Math.max(0, ...partitionCounts.values());
  for (let partition = 0; partition < largest; partition++) {
    for (const [topic, count] of partitionCounts) {
      if (partition >= count) continue;
      const owner = pick(sorted, topic, partition);
      if (owner !== undefined) assigned.get(owner.memberId)?.partitions.push({ topic, partition });
    }
  }
  return assigned;
};

function pick(members: readonly GroupMember[], topic: string, partition: number): GroupMember | undefined {
  const subscribed = members.filter((member) => member.topics.includes(topic));
  return subscribed[partition % subscribed.length];
}
