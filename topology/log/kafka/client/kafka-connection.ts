import Cluster from 'kafkajs/src/cluster/index.js';
import type { KafkaJsBroker } from 'kafkajs/src/cluster/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import { logClosed } from '../../local/log-errors.ts';
import { asBrokerError, BrokerError } from '../kafka-errors.ts';
import type { KafkaSettings } from '../kafka-options.ts';
import { apiKeys } from '../wire/kafka-request.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';
import { WireReader } from '../wire/wire-reader.ts';
import { WireWriter } from '../wire/wire-writer.ts';
import { quietRequestQueues } from './quiet-request-queue.ts';
import { withinMs } from './retry.ts';
import { soundConnections } from './sound-connections.ts';

export type CoordinatorKind = 'group' | 'transaction';

const connectTimeoutMs = 5000;
/** How long before a SASL session ends it is renewed. */
const reauthenticationThresholdMs = 10_000;
const metadataMaxAgeMs = 300_000;
const closeWithinMs = 3000;

/**
 * Connections to the brokers of a cluster, through kafkajs: one for fetches and one for the rest, a broker. A broker answers the requests of a connection
 * one after the other, so what it may hold (fetch, join) needs a KafkaConnection of its own.
 */
export class KafkaConnection {
  readonly #settings: KafkaSettings;
  readonly #cluster: Cluster;
  readonly #coordinators = new Map<string, Promise<KafkaJsBroker>>();
  /** Exchanges that wait for their answer. */
  readonly #waiting = new Set<Promise<unknown>>();
  #connecting: Promise<void> | undefined;
  #isClosed = false;

  constructor(settings: KafkaSettings) {
    quietRequestQueues();
    soundConnections();
    this.#settings = settings;
    this.#cluster = new Cluster({
      logger: kafkaJsLogger(settings),
      socketFactory: createSocketFactory(),
      brokers: settings.brokers,
      clientId: settings.clientId,
      ...(settings.ssl === undefined ? {} : { ssl: settings.ssl }),
      ...(settings.sasl === undefined ? {} : { sasl: settings.sasl }),
      connectionTimeout: connectTimeoutMs,
      authenticationTimeout: connectTimeoutMs,
      reauthenticationThreshold: reauthenticationThresholdMs,
      requestTimeout: settings.requestTimeoutMs,
      enforceRequestTimeout: true,
      metadataMaxAge: metadataMaxAgeMs,
      retry: { retries: 2, initialRetryTime: 50, maxRetryTime: 500 },
      allowAutoTopicCreation: false,
    });
  }

  /** @throws {BrokerError} of kind `network` when no answer came. */
  async sendTo<T>(nodeId: number, request: KafkaRequest<T>): Promise<T> {
    return this.#guarded(request.api, async () => {
      await this.#connect();
      return this.#exchange(await this.#cluster.findBroker({ nodeId }), request);
    });
  }

  async sendToAny<T>(request: KafkaRequest<T>): Promise<T> {
    const [nodeId] = await this.nodeIds();
    if (nodeId === undefined) throw new BrokerError('no broker is known', 'network');
    return this.sendTo(nodeId, request);
  }

  async sendToCoordinator<T>(kind: CoordinatorKind, id: string, request: KafkaRequest<T>): Promise<T> {
    return this.#guarded(request.api, async () => {
      const broker = await this.#coordinator(kind, id);
      // A connection that was lost is opened again by this look-up.
      return this.#exchange(await this.#cluster.findBroker({ nodeId: broker.nodeId }), request);
    });
  }

  /** After NOT_COORDINATOR or a lost connection. */
  forgetCoordinator(kind: CoordinatorKind, id: string): void {
    this.#coordinators.delete(`${kind} ${id}`);
  }

  /** Those that can be connected to come in no particular order. */
  async nodeIds(): Promise<readonly number[]> {
    return this.#guarded('Metadata', async () => {
      await this.#connect();
      return this.#cluster.getNodeIds().map(Number);
    });
  }

  /** Learns of brokers that have come or gone. */
  async refreshBrokers(): Promise<void> {
    await this.#guarded('Metadata', () => this.#cluster.refreshMetadata());
  }

  /** Waits for answers that are on their way, but not long. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#coordinators.clear();
    await withinMs(this.#settings.clock, closeWithinMs, Promise.allSettled([this.#connecting, ...this.#waiting]));
    await withinMs(
      this.#settings.clock,
      closeWithinMs,
      this.#cluster.disconnect().catch(() => {}),
    );
  }

  #coordinator(kind: CoordinatorKind, id: string): Promise<KafkaJsBroker> {
    const key = `${kind} ${id}`;
    const known = this.#coordinators.get(key);
    if (known !== undefined) return known;
    const coordinatorType = kind === 'group' ? 0 : 1;
    const found = this.#connect().then(() => this.#cluster.findGroupCoordinator({ groupId: id, coordinatorType }));
    this.#coordinators.set(key, found);
    found.catch(() => this.#coordinators.delete(key));
    return found;
  }

  #connect(): Promise<void> {
    this.#connecting ??= this.#connectAndLearn().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  /** kafkajs connects to a seed broker and knows no node until it has asked for metadata. */
  async #connectAndLearn(): Promise<void> {
    await this.#cluster.connect();
    await this.#cluster.refreshMetadata();
  }

  #exchange<T>(broker: KafkaJsBroker, request: KafkaRequest<T>): Promise<T> {
    const { api, version, isFlexible, holdMs = 0 } = request;
    return broker.connectionPool.send<T>({
      request: {
        apiKey: apiKeys[api],
        apiVersion: version,
        apiName: api,
        encode: async () => {
          const writer = new WireWriter(isFlexible);
          request.write(writer);
          const buffer = writer.finish();
          return { buf: buffer, buffer, size: () => buffer.length };
        },
      },
      response: { decode: async (payload) => payload, parse: async (payload) => request.read(new WireReader(payload, isFlexible)) },
      requestTimeout: this.#settings.requestTimeoutMs + holdMs,
      logResponseError: false,
    });
  }

  async #guarded<T>(doing: string, call: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw logClosed('this connection');
    try {
      return await this.#awaited(call());
    } catch (error) {
      throw asBrokerError(error, doing);
    }
  }

  async #awaited<T>(exchange: Promise<T>): Promise<T> {
    this.#waiting.add(exchange);
    try {
      return await exchange;
    } finally {
      this.#waiting.delete(exchange);
    }
  }
}

/** What kafkajs logs is about connections; what matters of it reaches the caller as an error, so it is for debugging. */
function kafkaJsLogger({ logger }: KafkaSettings): ReturnType<typeof loggers.createLogger> {
  const warnLevel = 2;
  return loggers.createLogger({
    level: warnLevel,
    logCreator:
      () =>
      ({ namespace, log }) =>
        logger.debug({ namespace }, log.message),
  });
}
