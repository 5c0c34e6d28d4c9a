import type { GroupDescription, GroupMembership, TopicPartition } from '../log.ts';
import { Group } from './group.ts';
import { staleMember } from './log-errors.ts';

/** The groups of one in-process log. They live as long as the process; committed offsets live in the storage. */
export class GroupCoordinator {
  readonly #partitionCount: (topic: string) => number | undefined;
  readonly #groups = new Map<string, Group>();

  constructor(partitionCount: (topic: string) => number | undefined) {
    this.#partitionCount = partitionCount;
  }

  group(groupId: string): Group {
    const known = this.#groups.get(groupId);
    if (known !== undefined) return known;
    const group = new Group(groupId, this.#partitionCount);
    this.#groups.set(groupId, group);
    return group;
  }

  /** @throws {LOG_STALE_MEMBER} when the member left, was replaced, names another generation or does not own a partition. */
  checkCommit(membership: GroupMembership, partitions: readonly TopicPartition[]): void {
    const refusal = this.group(membership.groupId).refusal(membership.memberId, membership.generation, partitions);
    if (refusal !== undefined) throw staleMember(membership, refusal);
  }

  /** Without making a group of that name. */
  describe(groupId: string): GroupDescription {
    return this.#groups.get(groupId)?.describe() ?? { state: 'empty', members: [] };
  }

  evict(groupId: string, memberId: string): void {
    this.#groups.get(groupId)?.evict(memberId);
  }
}
