import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { StepwrightError } from '../../topology/base/errors.ts';

const program = fileURLToPath(new URL('../../../cli/stepwright.mjs', import.meta.url));
const startWithinMs = 60_000;

export interface ServerProcessOptions {
  /** Holds `data/`, `tmp/` and the logs of every life. */
  readonly root: string;
  readonly port: number;
  readonly flags?: readonly string[];
  readonly nodeFlags?: readonly string[];
  /** Command and arguments of a process that answers /readyz on `port`; `stepwright start` on `root/data` when not given. */
  readonly command?: readonly string[];
}

/** One life of a real server in a process of its own, its output in files. */
export interface ServerProcess {
  readonly pid: number;
  readonly baseUrl: string;
  /** Ends it by SIGINT and waits; by SIGKILL when asked. Answers the exit code, `null` of one that was killed. */
  stop(signal?: 'SIGINT' | 'SIGKILL'): Promise<number | null>;
}

/** Starts it. Resolves once it is ready. @throws {TASK_FAILED} when it does not get there. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { root, port, flags = [], nodeFlags = [] } = options;
  const { command = ['start', '--data', join(root, 'data'), '--port', String(port), '--demo', 'never'] } = options;
  const temporary = join(root, 'tmp');
  for (const folder of [root, temporary]) mkdirSync(folder, { recursive: true });
  const life = `${Date.now()}-${port}`;
  const output = ['stdout', 'stderr'].map((name) => openSync(join(root, `${life}.${name}`), 'a'));
  const args = [...nodeFlags, program, ...command, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', ...output], env: { ...process.env, TMPDIR: temporary } });
  for (const file of output) closeSync(file);
  const baseUrl = `http://127.0.0.1:${port}`;
  await untilReady(child, baseUrl);
  return {
    pid: child.pid ?? 0,
    baseUrl,
    stop: async (signal = 'SIGINT') => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

/** Runs one command of the program on `root/data` and answers what it printed. */
export async function runCommand(root: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args, '--data', join(root, 'data')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (part) => (printed += String(part)));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new StepwrightError('TASK_FAILED', `stepwright ${args.join(' ')} ended with ${String(code)}: ${printed}`);
  return printed;
}

/** Processor time that a process has used, in milliseconds, its threads included; NaN where /proc does not tell. */
export function cpuMsOf(pid: number): number {
  const ticksPerSec = 100;
  try {
    const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user, system] = after.split(' ').slice(11, 13).map(Number);
    return (((user ?? Number.NaN) + (system ?? Number.NaN)) * 1_000) / ticksPerSec;
  } catch {
    return Number.NaN;
  }
}

async function untilReady(child: ChildProcess, baseUrl: string): Promise<void> {
  const until = Date.now() + startWithinMs;
  while (Date.now() < until && child.exitCode === null) {
    const answer = await fetch(`${baseUrl}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await wait(50);
  }
  child.kill('SIGKILL');
  throw new StepwrightError('TASK_FAILED', `the server on ${baseUrl} did not become ready; its output is beside its data folder`);
}
