import type { OffsetCommit, OutputRecord } from '../../log.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { kafkaCode } from '../kafka-errors.ts';
import type { ProducerIdentity } from '../requests/producer-requests.ts';
import { initProducerIdRequest, produceInTransactionRequest, produceRequest } from '../requests/producer-requests.ts';
import type { CommittingMember, TransactionIdentity, TransactionVersion } from '../requests/transaction-requests.ts';
import {
  addOffsetsRequest,
  addPartitionsRequest,
  endAndRenewRequest,
  endTxnRequest,
  txnOffsetCommitRequest,
} from '../requests/transaction-requests.ts';
import { partitionsOf, planBatches, Sequences } from './partition-batches.ts';

const codeItself = (code: number): number => code;

/**
 * The requests of one transactional producer, in the order that the protocol wants. In version 1 (KIP-98) a partition is added before it is written, positions
 * are added before they are committed; in version 2 (KIP-890) what is written adds itself, and the end brings the epoch of the next transaction. Only what was
 * begun needs an end. Called by KafkaSink, one step after the other. Throws BrokerErrors.
 */
export class TransactionWriter {
  readonly #client: KafkaClient;
  readonly #transactionalId: string;
  readonly #timeoutMs: number;
  readonly #version: TransactionVersion;
  readonly #added = new Set<string>();
  readonly #addedGroups = new Set<string>();
  #identity: ProducerIdentity;
  #sequences: Sequences;
  /** True once the coordinator knows of this transaction. */
  #hasBegun = false;
  /**
   * The next transaction needs an epoch of its own: a batch failed, so the partition's next sequence number is unknown; or a request got no answer and was
   * sent again, and the first one may reach the broker at any time. Under an old epoch it is refused; under the same one, a late EndTxn would end the next
   * transaction half way, and a late TxnOffsetCommit would put its older positions into it. In version 2 every transaction has its own.
   */
  #needsNewEpoch = false;

  private constructor(
    client: KafkaClient,
    transactionalId: string,
    options: { timeoutMs: number; version: TransactionVersion; identity: ProducerIdentity },
  ) {
    this.#client = client;
    this.#transactionalId = transactionalId;
    this.#timeoutMs = options.timeoutMs;
    this.#version = options.version;
    this.#identity = options.identity;
    this.#sequences = new Sequences(client.compression());
  }

  static async open(client: KafkaClient, transactionalId: string, timeoutMs: number): Promise<TransactionWriter> {
    const version = await client.transactionVersions.current();
    const request = initProducerIdRequest({ transactionalId, timeoutMs });
    const identity = await client.coordinated('transaction', request, { id: transactionalId, codeOf: ({ code }) => code });
    return new TransactionWriter(client, transactionalId, { timeoutMs, version, identity });
  }

  /** Tells the coordinator of the partitions that are new to this transaction. */
  async add(records: readonly OutputRecord[]): Promise<void> {
    const fresh = [...partitionsOf(records)].filter(([key]) => !this.#added.has(key));
    if (fresh.length === 0) return;
    const partitions = fresh.map(([, at]) => at);
    // Refuses a topic that does not exist before the coordinator hears of it.
    await this.#client.awaitLeaders(partitions);
    this.#hasBegun = true;
    if (this.#version === 1) await this.#coordinated(addPartitionsRequest(this.#bearer(), partitions));
    for (const [key] of fresh) this.#added.add(key);
  }

  async produce(records: readonly OutputRecord[]): Promise<void> {
    const { requestTimeoutMs, maxBatchBytes } = this.#client.settings;
    const requestOf = this.#version === 1 ? produceRequest : produceInTransactionRequest;
    for (const round of planBatches(records, maxBatchBytes)) {
      const batches = round.map((plan) => this.#sequences.encode(plan, this.#identity, true));
      try {
        await this.#client.perPartition(batches, {
          doing: 'Produce',
          request: (members) => requestOf(this.#transactionalId, requestTimeoutMs, members),
          accepts: (code) => code === kafkaCode.duplicateSequence,
          onNoAnswer: this.#onNoAnswer,
        });
      } catch (error) {
        this.#needsNewEpoch = true;
        throw error;
      }
    }
  }

  async commitOffsets(member: CommittingMember, offsets: readonly OffsetCommit[]): Promise<void> {
    this.#hasBegun = true;
    if (this.#version === 1 && !this.#addedGroups.has(member.groupId))
      await this.#coordinated(addOffsetsRequest(this.#bearer(), member.groupId));
    this.#addedGroups.add(member.groupId);
    await this.#client.coordinated('group', txnOffsetCommitRequest({ ...this.#bearer(), version: this.#version }, member, offsets), {
      id: member.groupId,
      codeOf: codeItself,
      onNoAnswer: this.#onNoAnswer,
    });
  }

  /** Ends the transaction where it has begun. */
  async end(isCommit: boolean): Promise<void> {
    if (this.#hasBegun && this.#version === 2) await this.#endAndRenew(isCommit);
    else if (this.#hasBegun) await this.#coordinated(endTxnRequest(this.#bearer(), isCommit));
    this.#hasBegun = false;
    this.#added.clear();
    this.#addedGroups.clear();
    if (this.#needsNewEpoch) await this.#renew();
  }

  async #endAndRenew(isCommit: boolean): Promise<void> {
    const { producerId, producerEpoch } = await this.#client.coordinated('transaction', endAndRenewRequest(this.#bearer(), isCommit), {
      id: this.#transactionalId,
      codeOf: ({ code }) => code,
    });
    this.#begin({ producerId, producerEpoch });
  }

  async #renew(): Promise<void> {
    const options = { transactionalId: this.#transactionalId, timeoutMs: this.#timeoutMs, current: this.#identity };
    const request = initProducerIdRequest(options);
    this.#begin(await this.#client.coordinated('transaction', request, { id: this.#transactionalId, codeOf: ({ code }) => code }));
  }

  /** Sequence numbers count from 0 in each epoch. */
  #begin(identity: ProducerIdentity): void {
    this.#identity = identity;
    this.#sequences = new Sequences(this.#client.compression());
    this.#needsNewEpoch = false;
  }

  readonly #onNoAnswer = (): void => {
    this.#needsNewEpoch = true;
  };

  #coordinated(request: ReturnType<typeof endTxnRequest>): Promise<number> {
    return this.#client.coordinated('transaction', request, {
      id: this.#transactionalId,
      codeOf: codeItself,
      onNoAnswer: this.#onNoAnswer,
    });
  }

  #bearer(): TransactionIdentity {
    return { transactionalId: this.#transactionalId, ...this.#identity };
  }
}
