import { existsSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A connection that is taken and never answered must not hold a test run up. */
const answersWithinMs = 1_000;

/** Where a Docker engine answers on this machine, as `unix://` or `tcp://`; undefined when none does within a second. `DOCKER_HOST` counts alone when it is set. */
export async function findDockerEngine(environment: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  for (const host of candidates(environment)) if (await answers(host)) return host;
  return undefined;
}

function candidates({ DOCKER_HOST: named, XDG_RUNTIME_DIR: runtime }: NodeJS.ProcessEnv): readonly string[] {
  if (named !== undefined && named !== '') return [named];
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker', 'run', 'docker.sock')];
  if (runtime !== undefined) sockets.push(join(runtime, 'docker.sock'));
  return sockets.filter((path) => existsSync(path)).map((path) => `unix://${path}`);
}

function answers(host: string): Promise<boolean> {
  const address = addressOf(host);
  if (address === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const asking = request({ ...address, path: '/_ping', signal: AbortSignal.timeout(answersWithinMs) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asking.once('error', () => resolve(false));
    asking.end();
  });
}

function addressOf(host: string): RequestOptions | undefined {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const url = URL.canParse(host) ? new URL(host) : undefined;
  return url?.protocol === 'tcp:' ? { host: url.hostname, port: url.port } : undefined;
}
