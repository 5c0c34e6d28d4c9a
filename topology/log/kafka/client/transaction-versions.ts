import { assertOk } from '../kafka-errors.ts';
import type { KafkaSettings } from '../kafka-options.ts';
import { featuresRequest } from '../requests/features-request.ts';
import type { TransactionVersion } from '../requests/transaction-requests.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { retrying } from './retry.ts';

/** The cluster's feature may be raised while it runs, after its last broker was upgraded. */
const lookAgainMs = 60_000;
const feature = 'transaction.version';

/** Which way of transactions the cluster has. */
export class TransactionVersions {
  readonly #connection: KafkaConnection;
  readonly #settings: KafkaSettings;
  #found: Promise<TransactionVersion> | undefined;
  #foundAtMs = -Infinity;

  constructor(connection: KafkaConnection, settings: KafkaSettings) {
    this.#connection = connection;
    this.#settings = settings;
  }

  /** The newest that the cluster has and the options allow. @throws {BrokerError} */
  current(): Promise<TransactionVersion> {
    const { clock, transactionVersion } = this.#settings;
    if (transactionVersion === 1) return Promise.resolve(1);
    if (this.#found !== undefined && clock.monotonicMs() - this.#foundAtMs < lookAgainMs) return this.#found;
    this.#foundAtMs = clock.monotonicMs();
    const found = this.#ask();
    this.#found = found;
    found.catch(() => {
      if (this.#found === found) this.#found = undefined;
    });
    return found;
  }

  async #ask(): Promise<TransactionVersion> {
    const { clock, retryWithinMs: withinMs } = this.#settings;
    const { levels } = await retrying(
      async () => {
        const answer = await this.#connection.sendToAny(featuresRequest());
        assertOk(answer.code, 'ApiVersions');
        return answer;
      },
      { clock, withinMs, doing: 'ApiVersions', onRetry: () => this.#connection.refreshBrokers() },
    );
    return (levels.get(feature) ?? 0) >= 2 ? 2 : 1;
  }
}
