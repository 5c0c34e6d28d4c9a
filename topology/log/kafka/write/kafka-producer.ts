import type { OutputRecord, Producer } from '../../log.ts';
import { logClosed, recordTooLarge } from '../../local/log-errors.ts';
import { partitionKey } from '../../local/partition-key.ts';
import { recordBytes } from '../../local/record-bytes.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { retrying } from '../client/retry.ts';
import { assertOk, BrokerError, kafkaCode, toLogError, unknownOutcome } from '../kafka-errors.ts';
import type { ProducerIdentity } from '../requests/producer-requests.ts';
import { initProducerIdRequest, produceRequest } from '../requests/producer-requests.ts';
import { planBatches, Sequences } from './partition-batches.ts';

interface Call {
  readonly records: readonly OutputRecord[];
  readonly resolve: (offsets: readonly bigint[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Session {
  readonly identity: ProducerIdentity;
  readonly sequences: Sequences;
}

/**
 * An idempotent producer without transactions: a batch that is sent again after a lost answer is written once. One request is on its way at a time;
 * calls that come meanwhile share the next one. A call whose records of one partition do not fit one batch may be interleaved with other producers'.
 */
export class KafkaProducer implements Producer {
  readonly #client: KafkaClient;
  readonly #onClose: (producer: KafkaProducer) => void;
  #waiting: Call[] = [];
  #session: Session | undefined;
  #pumping: Promise<void> | undefined;
  #isClosed = false;

  constructor(client: KafkaClient, onClose: (producer: KafkaProducer) => void) {
    this.#client = client;
    this.#onClose = onClose;
  }

  async send(records: readonly OutputRecord[]): Promise<readonly bigint[]> {
    if (this.#isClosed) throw logClosed('this producer');
    const { maxRecordBytes } = this.#client.settings;
    for (const record of records) {
      const sizeBytes = recordBytes(record);
      if (sizeBytes > maxRecordBytes) throw recordTooLarge(record, sizeBytes, maxRecordBytes);
    }
    if (records.length === 0) return [];
    // A topic that does not exist is refused before anything of the call is written.
    await this.#client.leaders.group(records).catch((error: unknown) => {
      if (!(error instanceof BrokerError)) throw error;
    });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#pumping ??= this.#pump();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pumping;
    this.#onClose(this);
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      const calls = this.#waiting;
      this.#waiting = [];
      try {
        const offsets = await this.#append(calls.flatMap((call) => call.records));
        let at = 0;
        for (const { records, resolve } of calls) resolve(offsets.slice(at, (at += records.length)));
      } catch (error) {
        // Which batches were written is not known, so the next ones begin under a new identity.
        this.#session = undefined;
        for (const { reject } of calls) reject(this.#classify(error));
      }
    }
    this.#pumping = undefined;
  }

  async #append(records: readonly OutputRecord[]): Promise<readonly bigint[]> {
    this.#session ??= await this.#openSession();
    const { identity, sequences } = this.#session;
    const { requestTimeoutMs, maxBatchBytes } = this.#client.settings;
    const offsets: bigint[] = [];
    for (const round of planBatches(records, maxBatchBytes)) {
      const batches = round.map((plan) => sequences.encode(plan, identity, false));
      const answers = await this.#client.perPartition(batches, {
        doing: 'Produce',
        request: (members) => produceRequest(null, requestTimeoutMs, members),
        accepts: (code) => code === kafkaCode.duplicateSequence,
      });
      const baseOffsets = new Map(answers.map((answer) => [partitionKey(answer), answer.baseOffset]));
      for (const plan of round) {
        const baseOffset = baseOffsets.get(partitionKey(plan)) ?? -1n;
        for (const [delta, index] of plan.indexes.entries()) offsets[index] = baseOffset + BigInt(delta);
      }
    }
    return offsets;
  }

  async #openSession(): Promise<Session> {
    const { clock, requestTimeoutMs, retryWithinMs } = this.#client.settings;
    const request = initProducerIdRequest({ transactionalId: null, timeoutMs: requestTimeoutMs });
    const { producerId, producerEpoch } = await retrying(
      async () => {
        const answer = await this.#client.connection.sendToAny(request);
        assertOk(answer.code, 'InitProducerId');
        return answer;
      },
      { clock, withinMs: retryWithinMs, doing: 'InitProducerId', onRetry: () => this.#client.connection.refreshBrokers() },
    );
    return { identity: { producerId, producerEpoch }, sequences: new Sequences(this.#client.compression()) };
  }

  #classify(error: unknown): unknown {
    return error instanceof BrokerError && error.kind === 'network' ? unknownOutcome('an append', error) : toLogError(error);
  }
}
