import type { AssignedMember, GroupDescription } from '../../log.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { describeGroupRequest } from '../requests/group-requests.ts';
import type { DescribedMember } from '../requests/group-requests.ts';
import { decodeShare } from './group-metadata.ts';

/** States that the broker names (`ClassicGroupState`); what is not here has no members. */
const states: Readonly<Record<string, GroupDescription['state']>> = {
  Stable: 'stable',
  PreparingRebalance: 'rebalancing',
  CompletingRebalance: 'rebalancing',
};

/** A group as its coordinator tells it. */
export async function describeGroup(client: KafkaClient, groupId: string): Promise<GroupDescription> {
  const { state, members } = await client.coordinated('group', describeGroupRequest(groupId), { id: groupId, codeOf: ({ code }) => code });
  return { state: states[state] ?? 'empty', members: members.map(memberOf) };
}

/** While it rebalances, a member has no assignment yet. */
function memberOf({ memberId, instanceId, host, assignment }: DescribedMember): AssignedMember {
  const { partitions, userData } = decodeShare(assignment);
  return { memberId: instanceId ?? memberId, host: host.replace(/^\//, ''), partitions, userData };
}
