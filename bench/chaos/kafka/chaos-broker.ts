import { join } from 'node:path';
import { kafkaService } from '../../../services/kafka/kafka-service.ts';
import type { DisturbedBroker } from './disturbed-run.ts';

export interface ChaosBroker extends DisturbedBroker {
  readonly address: string;
}

/** Why there can be no broker here, and how to get one; undefined when there can. */
export function whyNoBroker(): string | undefined {
  const isInstalled = kafkaService.isInstalled();
  const tools = kafkaService.missingTools().join(' and ');
  if (isInstalled && tools === '') return undefined;
  const why = isInstalled ? `Kafka needs ${tools} on the PATH` : 'Kafka is not installed: run `npm run services -- up kafka` once';
  const how = isInstalled || tools === '' ? '' : `, with ${tools} on the PATH`;
  return `${why}${how}; or say --log embedded, where one process is killed on its folder.`;
}

/** A broker of the run's own, in its folder. @throws {Error} when Kafka is not installed: `npm run services -- up kafka` once. */
export async function startChaosBroker(folder: string, port: number): Promise<ChaosBroker> {
  const why = whyNoBroker();
  if (why !== undefined) throw new Error(why);
  const start = { port, directory: join(folder, 'broker') };
  let running = await kafkaService.start(start);
  let isOver = false;
  // A run that is stopped leaves no broker behind.
  process.once('exit', () => {
    if (!isOver) process.kill(running.pid, 'SIGKILL');
  });
  return {
    address: running.address,
    kill: async () => {
      isOver = true;
      process.kill(running.pid, 'SIGKILL');
      await running.stop();
    },
    stop: async () => {
      isOver = true;
      await running.stop();
    },
    startAgain: async () => {
      isOver = false;
      running = await kafkaService.start(start);
    },
  };
}
