import type { KafkaRequest } from '../wire/kafka-request.ts';
import type { WireReader } from '../wire/wire-reader.ts';

export interface MemberIdentity {
  readonly groupId: string;
  /** Given by the broker; empty before the first join. */
  readonly memberId: string;
  /** Static membership (KIP-345): who joins under it replaces its older bearer. */
  readonly instanceId: string | null;
}

export interface JoinOptions extends MemberIdentity {
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocol: string;
  readonly metadata: Buffer;
}

export interface JoinedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly metadata: Buffer;
}

export interface JoinAnswer {
  readonly code: number;
  readonly generation: number;
  readonly leaderId: string;
  readonly memberId: string;
  /** Filled for the leader only. */
  readonly members: readonly JoinedMember[];
}

const protocolType = 'consumer';

/** JoinGroup v5. The broker holds it until all members have joined or the rebalance timeout is over. */
export function joinGroupRequest(options: JoinOptions): KafkaRequest<JoinAnswer> {
  return {
    api: 'JoinGroup',
    version: 5,
    isFlexible: false,
    holdMs: options.rebalanceTimeoutMs,
    write: (writer) => {
      writer.string(options.groupId).int32(options.sessionTimeoutMs).int32(options.rebalanceTimeoutMs);
      writer.string(options.memberId).nullableString(options.instanceId).string(protocolType);
      writer.array([options], ({ protocol, metadata }) => writer.string(protocol).bytes(metadata));
    },
    read: (reader) => {
      reader.int32();
      const code = reader.int16();
      const generation = reader.int32();
      reader.string();
      const leaderId = reader.string();
      const memberId = reader.string();
      const members = reader.array(() => ({
        memberId: reader.string(),
        instanceId: reader.nullableString(),
        metadata: reader.bytes(),
      }));
      return { code, generation, leaderId, memberId, members };
    },
  };
}

export interface MemberShare {
  readonly memberId: string;
  readonly assignment: Buffer;
}

/** SyncGroup v3. The leader hands in all shares, everybody gets their own. */
export function syncGroupRequest(
  identity: MemberIdentity & { readonly generation: number; readonly holdMs: number },
  shares: readonly MemberShare[],
): KafkaRequest<{ readonly code: number; readonly assignment: Buffer }> {
  return {
    api: 'SyncGroup',
    version: 3,
    isFlexible: false,
    holdMs: identity.holdMs,
    write: (writer) => {
      writer.string(identity.groupId).int32(identity.generation).string(identity.memberId).nullableString(identity.instanceId);
      writer.array(shares, ({ memberId, assignment }) => writer.string(memberId).bytes(assignment));
    },
    read: (reader) => {
      reader.int32();
      return { code: reader.int16(), assignment: reader.bytes() };
    },
  };
}

/** Heartbeat v3. */
export function heartbeatRequest(identity: MemberIdentity, generation: number): KafkaRequest<number> {
  return {
    api: 'Heartbeat',
    version: 3,
    isFlexible: false,
    write: (writer) => {
      writer.string(identity.groupId).int32(generation).string(identity.memberId).nullableString(identity.instanceId);
    },
    read: (reader) => {
      reader.int32();
      return reader.int16();
    },
  };
}

/** LeaveGroup v3. With an empty member id it removes whoever bears the instance id. */
export function leaveGroupRequest(identity: MemberIdentity): KafkaRequest<number> {
  return {
    api: 'LeaveGroup',
    version: 3,
    isFlexible: false,
    write: (writer) => {
      writer.string(identity.groupId);
      writer.array([identity], ({ memberId, instanceId }) => writer.string(memberId).nullableString(instanceId));
    },
    read: (reader) => {
      reader.int32();
      return reader.int16();
    },
  };
}

export interface DescribedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly host: string;
  readonly assignment: Buffer;
}

/** DescribeGroups v4, of one group: state, members and their shares, from its coordinator. */
export function describeGroupRequest(
  groupId: string,
): KafkaRequest<{ readonly code: number; readonly state: string; readonly members: readonly DescribedMember[] }> {
  return {
    api: 'DescribeGroups',
    version: 4,
    isFlexible: false,
    write: (writer) => {
      writer.array([groupId], (id) => writer.string(id)).boolean(false);
    },
    read: (reader) => {
      reader.int32();
      const [group] = reader.array(() => {
        const code = reader.int16();
        reader.string();
        const state = reader.string();
        reader.string();
        reader.string();
        const members = reader.array(() => readDescribedMember(reader));
        reader.int32();
        return { code, state, members };
      });
      return group ?? { code: 0, state: 'Dead', members: [] };
    },
  };
}

function readDescribedMember(reader: WireReader): DescribedMember {
  const memberId = reader.string();
  const instanceId = reader.nullableString();
  reader.string();
  const host = reader.string();
  reader.bytes();
  return { memberId, instanceId, host, assignment: reader.bytes() };
}

/** ListGroups v2: those that the asked broker coordinates. */
export function listGroupsRequest(): KafkaRequest<{ readonly code: number; readonly groupIds: readonly string[] }> {
  return {
    api: 'ListGroups',
    version: 2,
    isFlexible: false,
    write: () => {},
    read: (reader) => {
      reader.int32();
      const code = reader.int16();
      const groupIds = reader.array(() => {
        const groupId = reader.string();
        reader.string();
        return groupId;
      });
      return { code, groupIds };
    },
  };
}
