import { join } from 'node:path';
import { freePort } from '../../services/free-port.ts';
import { startChaosBroker } from '../chaos/kafka/chaos-broker.ts';
import { startServerProcess, type ServerProcess } from '../server/server-process.ts';

export interface PlatformOptions {
  /** Empty; holds everything, a broker's files too. */
  readonly folder: string;
  readonly flags: readonly string[];
  readonly nodeFlags: readonly string[];
  /** `one`: `stepwright run` with all roles; `two`: the processors in a process of their own. Not given: `stepwright start` on its embedded log. */
  readonly kafka?: { readonly processes: 'one' | 'two'; readonly brokerPort: number };
}

/** The loaded platform. */
export interface PlatformProcesses {
  readonly baseUrl: string;
  readonly pids: readonly number[];
  /** Where each process tells its figures. */
  readonly metricsUrls: readonly string[];
  stop(): Promise<void>;
}

/** On Kafka with a broker of its own, since an old one's topics are sealed under keys that are gone. @throws {TASK_FAILED} */
export async function startPlatform(options: PlatformOptions): Promise<PlatformProcesses> {
  const { folder, flags, nodeFlags, kafka } = options;
  const port = await freePort();
  if (kafka === undefined) return platformOf([await startServerProcess({ root: folder, port, flags, nodeFlags })], async () => {});
  const broker = await startChaosBroker(folder, kafka.brokerPort);
  const started: ServerProcess[] = [];
  const run = async (
    name: string,
    roles: string,
    at: { readonly port: number; readonly flag: '--port' | '--admin-port' },
  ): Promise<void> => {
    const command = ['run', '--roles', roles, '--log', 'kafka', '--brokers', broker.address, '--data', join(folder, 'data')];
    const places = ['--state', join(folder, name), at.flag, String(at.port)];
    started.push(await startServerProcess({ root: folder, port: at.port, flags, nodeFlags, command: [...command, ...places] }));
  };
  try {
    const isSplit = kafka.processes === 'two';
    await run('front', isSplit ? 'gateway,sinks' : 'gateway,processors,sinks', { port, flag: '--port' });
    if (isSplit) await run('processors', 'processors', { port: await freePort(), flag: '--admin-port' });
  } catch (error) {
    await Promise.all(started.map((one) => one.stop('SIGKILL')));
    await broker.stop();
    throw error;
  }
  return platformOf(started, () => broker.stop());
}

function platformOf(processes: readonly ServerProcess[], stopBroker: () => Promise<void>): PlatformProcesses {
  return {
    baseUrl: processes[0]?.baseUrl ?? '',
    pids: processes.map(({ pid }) => pid),
    metricsUrls: processes.map(({ baseUrl }) => baseUrl),
    stop: async () => {
      for (const one of processes.toReversed()) await one.stop();
      await stopBroker();
    },
  };
}
