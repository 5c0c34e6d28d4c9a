import { freePortPair } from '../../../../services/free-port.ts';
import { caFileOf, kafkaService, startKafkaNode, type KafkaNodeOptions } from '../../../../services/kafka/kafka-service.ts';
import {
  findTestService,
  findUnsharedService,
  ownServiceSkip,
  startOwnService,
  type FoundService,
  type OwnService,
  type TestService,
} from '../../../../services/test-support/test-service.ts';

export type OwnBroker = OwnService;

/** A broker sends the markers of transactions to itself too, by the name of its inner listener: by the outer one it is not to be reached from inside. */
export const brokerInContainer = (address: string): Readonly<Record<string, string>> => ({
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_LISTENERS: 'PLAINTEXT://:9092,INSIDE://localhost:9094,CONTROLLER://:9093',
  KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${address},INSIDE://localhost:9094`,
  KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  KAFKA_LOG_RETENTION_MS: '-1',
  KAFKA_LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS: '9223372036854775807',
  KAFKA_LOG_CLEANER_BACKOFF_MS: '1000',
});

const kafka: TestService = {
  service: kafkaService,
  title: 'Kafka',
  setting: 'STEPWRIGHT_TEST_KAFKA=host:port',
  container: { image: 'apache/kafka:4.2.1', port: 9092, environment: brokerInContainer },
};

/** The broker that test files share. */
export function findTestBroker(address: string | undefined): Promise<FoundService> {
  return findTestService(kafka, address);
}

/** A broker for this file alone, since topics have fixed names. */
export function findUnsharedBroker(): Promise<FoundService> {
  return findUnsharedService(kafka);
}

/** Why a broker of one's own cannot be started; false when it can. */
export function ownBrokerSkip(): string | false {
  return ownServiceSkip(kafka);
}

export function startOwnBroker(): Promise<OwnBroker> {
  return startOwnService(kafka);
}

export interface SecureBroker {
  /** Of the listener with TLS and passwords. */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  readonly caFile: string;
}

/** As `startOwnBroker`, with a listener that takes one user by PLAIN and SCRAM over TLS. */
export async function startSecureBroker(): Promise<SecureBroker> {
  const securePort = await freePortPair();
  const credentials = { user: 'alice', password: 'correct-horse-battery' };
  let caFile = '';
  await startOwnService(kafka, async (place) => {
    const running = await startKafkaNode({ ...place, secure: { ...credentials, port: securePort } });
    caFile = caFileOf(place.directory);
    return running;
  });
  return { ...credentials, address: `127.0.0.1:${securePort}`, caFile };
}

/** Three small brokers that replicate everything; two are enough to write. */
export async function startOwnCluster(): Promise<readonly OwnBroker[]> {
  const ports = [await freePortPair(), await freePortPair(), await freePortPair()];
  const voters = ports.map((port, index) => `${index + 1}@127.0.0.1:${port + 1}`);
  const nodes = ports.map((port, index): KafkaNodeOptions => ({ port, heap: '256m', cluster: { nodeId: index + 1, voters } }));
  return Promise.all(nodes.map((node) => startOwnService(kafka, ({ directory }) => startKafkaNode({ ...node, directory }))));
}
