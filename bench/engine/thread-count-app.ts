import { join } from 'node:path';
import { createKafkaLog } from '../../topology/log/kafka/kafka-log.ts';
import { createStreamApp } from '../../topology/runtime/stream-app.ts';
import type { ThreadApp, ThreadContext } from '../../topology/runtime/threads/thread-app.ts';
import { createBenchTopology } from './keyed-count-topology.ts';

/** What each thread of the bench is made from; a structured clone. */
export interface ThreadCountData {
  readonly broker: string;
  readonly directory: string;
  readonly applicationName: string;
  readonly commitIntervalMs: number;
}

/** One thread of the keyed count on Kafka. */
export async function createThreadApp({ index, data, metrics, onFailed }: ThreadContext): Promise<ThreadApp> {
  if (!isData(data)) throw new TypeError('started by threads.bench.ts only');
  const log = createKafkaLog({ brokers: [data.broker] });
  const app = createStreamApp({
    topology: createBenchTopology({ hasOutput: true, name: data.applicationName }),
    log,
    state: { directory: join(data.directory, `thread-${index}`) },
    bounds: { commitIntervalMs: data.commitIntervalMs },
    metrics,
    onTaskFailed: (taskId, error) => onFailed(`${taskId}: ${error instanceof Error ? error.message : String(error)}`),
  });
  const close = async (): Promise<void> => {
    await app.close();
    await log.close();
  };
  void app.start();
  return { state: () => app.state(), health: () => app.health(), tasks: () => app.tasks(), close };
}

function isData(data: unknown): data is ThreadCountData {
  return typeof data === 'object' && data !== null && 'broker' in data && 'applicationName' in data;
}
