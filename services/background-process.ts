import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from './process-identity.ts';
import type { RunningService } from './service.ts';

export interface BackgroundCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly port: number;
  /** Others that it listens on: a server whose second port is taken ends without a word of it, or goes on without. */
  readonly otherPorts?: readonly number[];
  readonly readyWithinMs: number;
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Asked once the port takes connections, for servers that answer only some time after. What it throws counts as no. */
  readonly isReady?: () => Promise<boolean>;
}

const stateFile = 'process.json';
const logFile = 'server.log';
const probeEveryMs = 50;
const stopWithinMs = 20_000;
const freeWithinMs = 5_000;

interface State {
  readonly pid: number;
  readonly port: number;
  /** The id alone may have gone to another process by the time it is read. */
  readonly identity: string;
}

/** Starts a server that outlives this process and resolves when its port takes connections and it says that it is ready. */
export async function startInBackground(options: BackgroundCommand): Promise<RunningService> {
  for (const port of [options.port, ...(options.otherPorts ?? [])]) await untilFree(port);
  mkdirSync(options.directory, { recursive: true });
  const logPath = join(options.directory, logFile);
  const log = openSync(logPath, 'a');
  const child = spawn(options.command, [...options.args], {
    cwd: options.directory,
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...process.env, ...options.environment },
  });
  closeSync(log);
  const { pid } = child;
  // Without a listener what is said of a command that is not there would end this process.
  child.once('error', () => {});
  if (pid === undefined) throw new Error(`services: ${options.command} could not be started`);
  child.unref();
  const state: State = { pid, port: options.port, identity: processIdentity(pid) ?? '' };
  writeFileSync(join(options.directory, stateFile), JSON.stringify(state));
  const endAtMs = performance.now() + options.readyWithinMs;
  while (performance.now() < endAtMs) {
    if (!isAlive(state)) throw new Error(`services: the server ended while it started: ${lastWords(logPath)} (all of it: ${logPath})`);
    if ((await takesConnections(options.port)) && (await saysReady(options))) {
      return runningService(options.directory, state);
    }
    await delay(probeEveryMs);
  }
  signal(state, 'SIGKILL');
  throw new Error(`services: port ${options.port} was not ready within ${options.readyWithinMs} ms; see ${logPath}`);
}

const lastWordsLineCount = 2;

function lastWords(logPath: string): string {
  const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-lastWordsLineCount);
  return lines.join(' ').slice(-500) || 'it said nothing';
}

async function saysReady({ isReady }: BackgroundCommand): Promise<boolean> {
  return isReady === undefined || isReady().catch(() => false);
}

/** Else another server's port would pass for this one's. A process that was just killed may hold its own a moment longer than it seems to live. */
async function untilFree(port: number): Promise<void> {
  for (let waitedMs = 0; await takesConnections(port); waitedMs += probeEveryMs) {
    if (waitedMs >= freeWithinMs)
      throw new Error(`services: port ${port} is taken by another process; stop that one, or name another port (up NAME --port N)`);
    await delay(probeEveryMs);
  }
}

/** What `startInBackground` started in this folder, when it is still alive. */
export function findRunning(directory: string): RunningService | undefined {
  const state = readState(directory);
  return state === undefined || !isAlive(state) ? undefined : runningService(directory, state);
}

function runningService(directory: string, state: State): RunningService {
  return {
    address: `127.0.0.1:${state.port}`,
    pid: state.pid,
    logFile: join(directory, logFile),
    stop: async () => {
      await stopProcess(state);
      rmSync(join(directory, stateFile), { force: true });
    },
  };
}

async function stopProcess(state: State): Promise<void> {
  signal(state, 'SIGTERM');
  for (let waitedMs = 0; isAlive(state); waitedMs += probeEveryMs) {
    if (waitedMs >= stopWithinMs) signal(state, 'SIGKILL');
    await delay(probeEveryMs);
  }
}

function signal(state: State, name: NodeJS.Signals): void {
  try {
    if (isAlive(state)) process.kill(state.pid, name);
  } catch {
    // Ended in between.
  }
}

function isAlive({ pid, identity }: State): boolean {
  return processIdentity(pid) === identity;
}

function readState(directory: string): State | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(join(directory, stateFile), 'utf8'));
    if (typeof state !== 'object' || state === null || !('pid' in state) || !('port' in state) || !('identity' in state)) return undefined;
    const { pid, port, identity } = state;
    return typeof pid === 'number' && typeof port === 'number' && typeof identity === 'string' ? { pid, port, identity } : undefined;
  } catch {
    return undefined;
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
