import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningService } from './service.ts';

export interface BackgroundCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly port: number;
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
}

/** Starts a server that outlives this process and resolves when its port takes connections and it says that it is ready. */
export async function startInBackground(options: BackgroundCommand): Promise<RunningService> {
  await untilFree(options.port);
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
  if (pid === undefined) throw new Error(`services: ${options.command} could not be started`);
  child.unref();
  writeFileSync(join(options.directory, stateFile), JSON.stringify({ pid, port: options.port } satisfies State));
  const endAtMs = performance.now() + options.readyWithinMs;
  while (performance.now() < endAtMs) {
    if (!isAlive(pid)) throw new Error(`services: the server ended while it started; its last words are in ${logPath}`);
    if ((await takesConnections(options.port)) && (await saysReady(options))) {
      return runningService(options.directory, { pid, port: options.port });
    }
    await delay(probeEveryMs);
  }
  process.kill(pid, 'SIGKILL');
  throw new Error(`services: port ${options.port} was not ready within ${options.readyWithinMs} ms; see ${logPath}`);
}

async function saysReady({ isReady }: BackgroundCommand): Promise<boolean> {
  return isReady === undefined || isReady().catch(() => false);
}

/** Else another server's port would pass for this one's. A process that was just killed may hold its own a moment longer than it seems to live. */
async function untilFree(port: number): Promise<void> {
  for (let waitedMs = 0; await takesConnections(port); waitedMs += probeEveryMs) {
    if (waitedMs >= freeWithinMs) throw new Error(`services: port ${port} is taken by another process`);
    await delay(probeEveryMs);
  }
}

/** What `startInBackground` started in this folder, when it is still alive. */
export function findRunning(directory: string): RunningService | undefined {
  const state = readState(directory);
  return state === undefined || !isAlive(state.pid) ? undefined : runningService(directory, state);
}

function runningService(directory: string, { pid, port }: State): RunningService {
  return {
    address: `127.0.0.1:${port}`,
    pid,
    logFile: join(directory, logFile),
    stop: async () => {
      await stopProcess(pid);
      rmSync(join(directory, stateFile), { force: true });
    },
  };
}

async function stopProcess(pid: number): Promise<void> {
  if (isAlive(pid)) process.kill(pid, 'SIGTERM');
  for (let waitedMs = 0; isAlive(pid); waitedMs += probeEveryMs) {
    if (waitedMs >= stopWithinMs) process.kill(pid, 'SIGKILL');
    await delay(probeEveryMs);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie takes signals and is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return error instanceof Error && 'path' in error && error.path !== undefined && process.platform !== 'linux';
  }
}

function readState(directory: string): State | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(join(directory, stateFile), 'utf8'));
    if (typeof state !== 'object' || state === null || !('pid' in state) || !('port' in state)) return undefined;
    const { pid, port } = state;
    return typeof pid === 'number' && typeof port === 'number' ? { pid, port } : undefined;
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
