import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../services/free-port.ts';
import { kafkaService } from '../../services/kafka/kafka-service.ts';
import type { RunningService } from '../../services/service.ts';

/** A broker that a test may stop and start again on its data. */
export interface OwnBroker {
  readonly address: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and deletes its data. */
  remove(): Promise<void>;
}

/** The reason for skipping, when there is no broker to be had without fetching one. */
export function missingBroker(): string | undefined {
  if (kafkaService.isInstalled() && kafkaService.missingTools().length === 0) return undefined;
  return 'no Kafka: run `npm run services -- up kafka` once';
}

export async function startOwnBroker(): Promise<OwnBroker> {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-broker-'));
  const port = await freePort();
  let running: RunningService | undefined;
  const start = async (): Promise<void> => {
    running = await kafkaService.start({ port, directory });
  };
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };
  await start();
  const remove = async (): Promise<void> => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { address: `127.0.0.1:${port}`, start, stop, remove };
}
