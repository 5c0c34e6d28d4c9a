import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { KafkaNodeOptions } from '../../../../services/kafka/kafka-service.ts';
import { caFileOf, kafkaService, startKafkaNode } from '../../../../services/kafka/kafka-service.ts';
import type { RunningService } from '../../../../services/service.ts';

export type TestBroker = { readonly address: string } | { readonly skipReason: string };

/**
 * The broker that test files share: the one at `address`, else the one that `npm run services -- up kafka` has started, else one for this file alone, else
 * the reason for skipping. Nothing is fetched here: a test run must not depend on the network.
 */
export async function findTestBroker(address: string | undefined): Promise<TestBroker> {
  if (address !== undefined && address !== '') return { address };
  const running = kafkaService.running();
  if (running !== undefined) return { address: running.address };
  return ownBrokerSkip() === false ? { address: (await startOwnBroker()).address } : { skipReason: noKafka };
}

const noKafka = 'no Kafka: set STEPWRIGHT_TEST_KAFKA=host:port, or run `npm run services -- up kafka` once';

/** Why a broker of one's own cannot be started; false when it can. */
export function ownBrokerSkip(): string | false {
  return kafkaService.isInstalled() && kafkaService.missingTools().length === 0 ? false : noKafka;
}

/** A broker that may be treated badly. */
export interface OwnBroker {
  readonly address: string;
  pid(): number;
  /** Dies at once, with its data as they are. */
  kill(): Promise<void>;
  /** Ends in order. */
  stop(): Promise<void>;
  /** After `kill` or `stop`: the same broker, on the same port and data. */
  startAgain(): Promise<void>;
}

/** On free ports and a folder that is deleted after the file's tests. */
export async function startOwnBroker(): Promise<OwnBroker> {
  const [broker] = await startNodes([{ port: await freePortPair() }]);
  if (broker === undefined) throw new Error('no broker was started');
  return broker;
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
  const [port, securePort] = [await freePortPair(), await freePortPair()];
  const credentials = { user: 'alice', password: 'correct-horse-battery' };
  const directory = await temporaryFolder();
  await startNodes([{ port, directory, secure: { ...credentials, port: securePort } }]);
  return { ...credentials, address: `127.0.0.1:${securePort}`, caFile: caFileOf(directory) };
}

/** Three small brokers that replicate everything; two are enough to write. */
export async function startOwnCluster(): Promise<readonly OwnBroker[]> {
  const ports = [await freePortPair(), await freePortPair(), await freePortPair()];
  const voters = ports.map((port, index) => `${index + 1}@127.0.0.1:${port + 1}`);
  return startNodes(ports.map((port, index) => ({ port, heap: '256m', cluster: { nodeId: index + 1, voters } })));
}

async function startNodes(options: readonly KafkaNodeOptions[]): Promise<readonly OwnBroker[]> {
  return Promise.all(
    options.map(async (given) => {
      const directory = given.directory ?? (await temporaryFolder());
      const start = { ...given, directory };
      let running: RunningService = await startKafkaNode(start);
      after(async () => {
        await running.stop();
        await rm(directory, { recursive: true, force: true });
      });
      return {
        address: running.address,
        pid: () => running.pid,
        kill: async () => {
          process.kill(running.pid, 'SIGKILL');
          await running.stop();
        },
        stop: () => running.stop(),
        startAgain: async () => {
          running = await startKafkaNode(start);
        },
      };
    }),
  );
}

function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'stepwright-kafka-'));
}

/** A port that is free together with its successor, which is the controller's. */
export async function freePortPair(): Promise<number> {
  for (;;) {
    const port = await bind(0);
    if (port < 65_535 && (await bind(port + 1).catch(() => 0)) === port + 1) return port;
  }
}

function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(bound));
    });
  });
}
