import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { freePortPair } from '../free-port.ts';
import type { RunningService, Service, StartOptions } from '../service.ts';
import { startContainer, type ContainerSpec } from './container.ts';
import { findDockerEngine } from './docker-engine.ts';

/** A server that suites need, and every way to have one. */
export interface TestService {
  readonly service: Service;
  /** As a skipped test names it: `a CQL server`. */
  readonly title: string;
  /** Environment variable of its address, with the form: `STEPWRIGHT_TEST_CQL=host:port`. */
  readonly setting: string;
  /** The same server, where nothing is installed and a Docker engine answers. */
  readonly container: ContainerSpec;
  /** From `host:port` to what clients take. Default: as it is. */
  readonly addressOf?: (address: string) => string;
}

export type FoundService = { readonly address: string } | { readonly skipReason: string };

/**
 * The server that test files share, in this order: the one that `given` names; the one that `npm run services -- up` has started; else as `findUnsharedService`. Only
 * Docker fetches anything.
 */
export async function findTestService(kind: TestService, given: string | undefined): Promise<FoundService> {
  if (given !== undefined && given !== '') return { address: given };
  const { addressOf = (address) => address } = kind;
  const running = kind.service.running();
  return running === undefined ? findUnsharedService(kind) : { address: addressOf(running.address) };
}

/** As `findTestService`, of what this file has for itself alone and leaves as it is: an installed one, one in a container, else the reason for skipping. */
export async function findUnsharedService(kind: TestService): Promise<FoundService> {
  const { addressOf = (address) => address } = kind;
  if (ownServiceSkip(kind) === false) return { address: (await startOwnService(kind)).address };
  if ((await findDockerEngine()) === undefined) return { skipReason: missing(kind) };
  const container = await startContainer(kind.container);
  after(() => container.stop());
  return { address: addressOf(container.address) };
}

/** Why a server of one's own cannot be started, to be killed or stopped; false when it can. That is no container. */
export function ownServiceSkip(kind: TestService): string | false {
  return kind.service.isInstalled() && kind.service.missingTools().length === 0 ? false : missing(kind);
}

function missing({ title, setting, service }: TestService): string {
  return `no ${title}: set ${setting}, or run \`npm run services -- up ${service.name}\` once, or start a Docker engine`;
}

/** A server that may be treated badly. */
export interface OwnService {
  readonly address: string;
  pid(): number;
  /** Dies at once, with its data as they are. */
  kill(): Promise<void>;
  /** Ends in order. */
  stop(): Promise<void>;
  /** After `kill` or `stop`: the same server, on the same port and data. */
  startAgain(): Promise<void>;
}

/** On free ports and a folder that is deleted after the file's tests; not to be called within one. `start` says more than the place. */
export async function startOwnService(
  { service, addressOf = (address) => address }: Pick<TestService, 'service' | 'addressOf'>,
  start: (place: Required<StartOptions>) => Promise<RunningService> = (place) => service.start(place),
): Promise<OwnService> {
  const place = { port: await freePortPair(), directory: await mkdtemp(join(tmpdir(), `stepwright-${service.name}-`)) };
  let running = await start(place);
  after(async () => {
    await running.stop();
    await rm(place.directory, { recursive: true, force: true });
  });
  return {
    address: addressOf(running.address),
    pid: () => running.pid,
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.stop();
    },
    stop: () => running.stop(),
    startAgain: async () => {
      running = await start(place);
    },
  };
}
