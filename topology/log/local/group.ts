import type { Assignor, GroupDescription, GroupMember, TopicPartition } from '../log.ts';
import { assignTogether } from './default-assignor.ts';
import { partitionKey } from './partition-key.ts';

/** What a member brings; `wake` ends its waiting poll so that it takes part in a rebalance at once. */
export interface GroupMemberHandle {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly assignor: Assignor | undefined;
  readonly userData: () => Buffer;
  readonly wake: () => void;
}

interface Target {
  readonly partitions: ReadonlyMap<string, TopicPartition>;
  readonly userData: Buffer;
}

interface Seat {
  readonly handle: GroupMemberHandle;
  /** The generation this member last took part in; commits are accepted under exactly this one. */
  generation: number;
  readonly owned: Map<string, TopicPartition>;
}

const nobody: Target = { partitions: new Map(), userData: Buffer.alloc(0) };

/**
 * One consumer group in this process. Owns who is a member, which generation it is, and who holds which partition.
 * Does not own positions, callbacks or committed offsets. Called by GroupedSource (from its poll) and by commits.
 *
 * Invariants:
 * - a partition has at most one holder; the next one takes it only after `release` by the last (cooperative, KIP-429);
 * - every join, leave, eviction and request makes a new generation; a member enters it when it polls, until then it may commit
 *   under its own generation what it still holds;
 * - a member id that joins again replaces the older bearer, which holds nothing from then on (KIP-345).
 */
export class Group {
  readonly groupId: string;
  readonly #partitionCount: (topic: string) => number | undefined;
  readonly #seats = new Map<string, Seat>();
  #targets = new Map<string, Target>();
  #generation = 0;

  constructor(groupId: string, partitionCount: (topic: string) => number | undefined) {
    this.groupId = groupId;
    this.#partitionCount = partitionCount;
  }

  get generation(): number {
    return this.#generation;
  }

  join(handle: GroupMemberHandle): void {
    this.#seats.get(handle.memberId)?.handle.wake();
    this.#seats.delete(handle.memberId);
    this.#seats.set(handle.memberId, { handle, generation: 0, owned: new Map() });
    this.rebalance();
  }

  describe(): GroupDescription {
    const seats = [...this.#seats.values()];
    const members = seats.map(({ handle, owned }) => {
      return { memberId: handle.memberId, host: '', partitions: [...owned.values()], userData: this.#target(handle).userData };
    });
    if (members.length === 0) return { state: 'empty', members };
    const isSettled = seats.every(({ handle, generation }) => generation === this.#generation && this.#takeable(handle).length === 0);
    return { state: isSettled ? 'stable' : 'rebalancing', members };
  }

  /** Gives up membership. Nothing happens when `handle` is no longer the bearer of its id. */
  leave(handle: GroupMemberHandle): void {
    if (!this.isMember(handle)) return;
    this.#seats.delete(handle.memberId);
    this.rebalance();
  }

  /** Ends a membership from outside, as a session timeout would. */
  evict(memberId: string): void {
    const seat = this.#seats.get(memberId);
    if (seat === undefined) return;
    this.leave(seat.handle);
    seat.handle.wake();
  }

  hasMember(memberId: string): boolean {
    return this.#seats.has(memberId);
  }

  isMember(handle: GroupMemberHandle): boolean {
    return this.#seats.get(handle.memberId)?.handle === handle;
  }

  /** Computes a new assignment by the eldest member's assignor and wakes everybody. */
  rebalance(): void {
    this.#generation += 1;
    const members = [...this.#seats.values()].map(({ handle }) => describe(handle));
    const eldest = this.#seats.values().next().value;
    if (eldest === undefined) return;
    const assign = eldest.handle.assignor ?? assignTogether;
    this.#targets = new Map();
    for (const [memberId, share] of assign(members, this.#countPartitions(members))) {
      const partitions = new Map(share.partitions.map((at) => [partitionKey(at), at]));
      this.#targets.set(memberId, { partitions, userData: share.userData });
    }
    for (const seat of this.#seats.values()) seat.handle.wake();
  }

  /** What this member holds and must give up before it may enter the current generation. */
  toRevoke(handle: GroupMemberHandle): readonly TopicPartition[] {
    const target = this.#target(handle).partitions;
    return [...this.#seat(handle).owned].filter(([key]) => !target.has(key)).map(([, at]) => at);
  }

  /** Gives partitions back and wakes whoever waits for them. */
  release(handle: GroupMemberHandle, partitions: readonly TopicPartition[]): void {
    const seat = this.#seat(handle);
    for (const at of partitions) seat.owned.delete(partitionKey(at));
    for (const other of this.#seats.values()) if (other !== seat) other.handle.wake();
  }

  /** True when `take` would change something for this member. */
  hasNews(handle: GroupMemberHandle): boolean {
    return this.#seat(handle).generation !== this.#generation || this.#takeable(handle).length > 0;
  }

  /** Enters the current generation and takes the partitions that nobody else holds any more. */
  take(handle: GroupMemberHandle): { readonly added: readonly TopicPartition[]; readonly userData: Buffer } {
    const seat = this.#seat(handle);
    seat.generation = this.#generation;
    const added = this.#takeable(handle);
    for (const at of added) seat.owned.set(partitionKey(at), at);
    return { added, userData: this.#target(handle).userData };
  }

  /** Why this member may not commit these partitions, or `undefined` when it may. */
  refusal(memberId: string, generation: number, partitions: readonly TopicPartition[]): string | undefined {
    const seat = this.#seats.get(memberId);
    if (seat === undefined) return 'it is not in the group any more';
    if (seat.generation !== generation) return `its generation is ${generation}, the group has seen it in ${seat.generation}`;
    const foreign = partitions.find((at) => !seat.owned.has(partitionKey(at)));
    return foreign === undefined ? undefined : `it does not own ${partitionKey(foreign)}`;
  }

  #takeable(handle: GroupMemberHandle): readonly TopicPartition[] {
    const target = this.#target(handle).partitions;
    return [...target].filter(([key]) => !this.#isHeld(key)).map(([, at]) => at);
  }

  #isHeld(key: string): boolean {
    for (const seat of this.#seats.values()) if (seat.owned.has(key)) return true;
    return false;
  }

  #target(handle: GroupMemberHandle): Target {
    return this.#targets.get(handle.memberId) ?? nobody;
  }

  #seat(handle: GroupMemberHandle): Seat {
    const seat = this.#seats.get(handle.memberId);
    // A bearer that was replaced or evicted holds nothing and changes nothing.
    return seat?.handle === handle ? seat : { handle, generation: this.#generation, owned: new Map() };
  }

  #countPartitions(members: readonly GroupMember[]): ReadonlyMap<string, number> {
    const topics = [...new Set(members.flatMap((member) => member.topics))].sort();
    const counts = new Map<string, number>();
    for (const topic of topics) {
      const count = this.#partitionCount(topic);
      if (count !== undefined) counts.set(topic, count);
    }
    return counts;
  }
}

function describe(handle: GroupMemberHandle): GroupMember {
  return { memberId: handle.memberId, topics: handle.topics, userData: handle.userData() };
}
