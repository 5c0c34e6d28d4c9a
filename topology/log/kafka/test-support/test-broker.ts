import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { kafkaService } from '../../../../services/kafka/kafka-service.ts';

/** `pid` is there when the broker is the test's own, to be treated badly. */
export type TestBroker = { readonly address: string; readonly pid?: number } | { readonly skipReason: string };

/**
 * The broker of a test file: the one at `address`, else one of its own on free ports and a folder that is deleted, else the reason for skipping.
 * Nothing is fetched here: a test run must not depend on the network.
 */
export async function findTestBroker(address: string | undefined): Promise<TestBroker> {
  if (address !== undefined && address !== '') return { address };
  const missing = kafkaService.missingTools();
  if (!kafkaService.isInstalled() || missing.length > 0) {
    return { skipReason: 'no Kafka: set STEPWRIGHT_TEST_KAFKA=host:port, or run `npm run services -- up kafka` once' };
  }
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-kafka-'));
  const broker = await kafkaService.start({ port: await freePortPair(), directory });
  after(async () => {
    await broker.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return { address: broker.address, pid: broker.pid };
}

/** A port that is free together with its successor, which is the controller's. */
async function freePortPair(): Promise<number> {
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
