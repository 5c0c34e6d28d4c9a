import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { kafkaService } from '../../../../services/kafka/kafka-service.ts';
import type { RunningService, StartOptions } from '../../../../services/service.ts';

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
export async function startOwnBroker(options: Pick<StartOptions, never> = {}): Promise<OwnBroker> {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-kafka-'));
  const start = { ...options, port: await freePortPair(), directory };
  let running: RunningService = await kafkaService.start(start);
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
      running = await kafkaService.start(start);
    },
  };
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
