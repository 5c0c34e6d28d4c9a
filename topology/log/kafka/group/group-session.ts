import type { Assignor } from '../../log.ts';
import { WakeSignals } from '../../local/wake-signals.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import type { KafkaConnection } from '../client/kafka-connection.ts';
import { assertOk, BrokerError, brokerError, kafkaCode } from '../kafka-errors.ts';
import type { JoinAnswer, MemberIdentity } from '../requests/group-requests.ts';
import { heartbeatRequest, joinGroupRequest, leaveGroupRequest, syncGroupRequest } from '../requests/group-requests.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';
import type { SubscribedMember } from './cooperative-shares.ts';
import { cooperativeShares } from './cooperative-shares.ts';
import type { Share, Subscription } from './group-metadata.ts';
import { decodeShare, decodeSubscription, encodeSubscription } from './group-metadata.ts';

const protocol = 'stepwright';
const generationSignal = 'generation';

export interface GroupSessionOptions {
  readonly groupId: string;
  /** Our member id; to the broker it is the static instance id, so it has one bearer (KIP-345). */
  readonly instanceId: string;
  readonly assignor: Assignor | undefined;
}

/** The requests of one member of a group, over a connection of its own since a broker holds joins. Throws BrokerErrors and decides nothing. */
export class GroupSession {
  readonly #client: KafkaClient;
  readonly #connection: KafkaConnection;
  readonly #options: GroupSessionOptions;
  readonly #signals: WakeSignals;
  #memberId = '';
  #generation = -1;

  constructor(client: KafkaClient, connection: KafkaConnection, options: GroupSessionOptions) {
    this.#client = client;
    this.#connection = connection;
    this.#options = options;
    this.#signals = new WakeSignals(client.settings.clock);
  }

  /** The broker's name for this member; empty before it has joined. */
  get memberId(): string {
    return this.#memberId;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Forgets the broker's name: the next join makes a new member. */
  reset(): void {
    this.#memberId = '';
    this.#signals.wake(generationSignal);
  }

  /** Resolves when the membership is in another generation than this one or is over, or after `limitMs`. */
  async movedOn(generation: number, limitMs: number): Promise<void> {
    if (this.#generation === generation && this.#memberId !== '') await this.#signals.wait([generationSignal], limitMs);
  }

  forgetCoordinator(): void {
    this.#connection.forgetCoordinator('group', this.#options.groupId);
  }

  /** Takes part in a rebalance, from the join to the own share. */
  async join(subscription: Subscription): Promise<Share> {
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.#client.settings;
    const metadata = encodeSubscription(subscription);
    const answer = await this.#send(joinGroupRequest({ ...this.#identity(), sessionTimeoutMs, rebalanceTimeoutMs, protocol, metadata }));
    if (answer.code === kafkaCode.memberIdRequired) {
      this.#memberId = answer.memberId;
      throw new BrokerError('the broker gave a member id', 'busy');
    }
    assertOk(answer.code, 'JoinGroup');
    this.#memberId = answer.memberId;
    this.#generation = answer.generation;
    this.#signals.wake(generationSignal);
    const shares = answer.leaderId === answer.memberId ? await this.#assign(answer) : [];
    const identity = { ...this.#identity(), generation: this.#generation, holdMs: rebalanceTimeoutMs };
    const synced = await this.#send(syncGroupRequest(identity, shares));
    assertOk(synced.code, 'SyncGroup');
    return decodeShare(synced.assignment);
  }

  /** @throws {BrokerError} `stale` with REBALANCE_IN_PROGRESS when the group waits for this member to join again. */
  async heartbeat(): Promise<void> {
    assertOk(await this.#send(heartbeatRequest(this.#identity(), this.#generation)), 'Heartbeat');
  }

  /** Over the common connection: the own one may be held by a join, which this ends. */
  async leave(): Promise<void> {
    if (this.#memberId === '') return;
    const identity = this.#identity();
    const code = await this.#client.connection.sendToCoordinator('group', identity.groupId, leaveGroupRequest(identity));
    if (code !== kafkaCode.none) throw brokerError(code, 'LeaveGroup');
  }

  async #assign(answer: JoinAnswer): Promise<ReturnType<typeof cooperativeShares>> {
    const members = answer.members.map(({ memberId, instanceId, metadata }): SubscribedMember => {
      return { brokerId: memberId, memberId: instanceId ?? memberId, subscription: decodeSubscription(metadata) };
    });
    const topics = [...new Set(members.flatMap(({ subscription }) => subscription.topics))].sort();
    const described = await this.#client.leaders.describe(topics);
    const counts = new Map(
      topics.flatMap((topic) => {
        const found = described.find((candidate) => candidate.topic === topic);
        return found === undefined ? [] : [[topic, found.leaders.length] as const];
      }),
    );
    return cooperativeShares(members, counts, this.#options.assignor);
  }

  #send<T>(request: KafkaRequest<T>): Promise<T> {
    return this.#connection.sendToCoordinator('group', this.#options.groupId, request);
  }

  #identity(): MemberIdentity {
    return { groupId: this.#options.groupId, memberId: this.#memberId, instanceId: this.#options.instanceId };
  }
}
