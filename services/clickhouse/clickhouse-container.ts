import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

/** The image of docker-compose.yml. */
const image = 'clickhouse/clickhouse-server:26.3.33.24';
const readyWithinMs = 60_000;

export interface ClickHouseContainer {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  stop(): void;
}

/** Why there is no container, in words; undefined when a Docker engine answers. */
export function noDocker(): string | undefined {
  const { status, error } = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 5_000 });
  if (error !== undefined) return 'no docker command on this machine';
  return status === 0 ? undefined : 'no Docker engine answers on this machine';
}

/** A real server with access management, alone and empty. Call `stop`; a container that was left behind removes itself when it ends. */
export async function startClickHouseContainer(): Promise<ClickHouseContainer> {
  const [user, password, port] = ['stepwright', 'testtest', await freePort()];
  const settings = [`CLICKHOUSE_USER=${user}`, `CLICKHOUSE_PASSWORD=${password}`, 'CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT=1'];
  const args = [
    'run',
    '--rm',
    '--detach',
    '--publish',
    `127.0.0.1:${port}:8123`,
    ...settings.flatMap((setting) => ['--env', setting]),
    image,
  ];
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`services: docker run refused: ${stderr.trim()}`);
  const stop = (): void => void spawnSync('docker', ['stop', stdout.trim()]);
  const url = `http://127.0.0.1:${port}`;
  const endAtMs = performance.now() + readyWithinMs;
  while (performance.now() < endAtMs) {
    if (
      await fetch(`${url}/ping`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { url, user, password, stop };
    await delay(100);
  }
  stop();
  throw new Error(`services: ${image} did not answer within ${readyWithinMs} ms`);
}
