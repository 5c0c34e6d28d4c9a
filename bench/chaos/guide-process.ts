import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from './recordings.ts';

/** One life of `stepwright guide`, from start to death. */
export interface Life {
  /** Documents, one a line, as far as it came. */
  readonly documents: readonly string[];
  readonly notes: readonly string[];
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly livedMs: number;
  readonly pid: number;
}

export interface GuideProcessOptions {
  readonly files: readonly string[];
  readonly dataFolder: string;
  readonly outFolder: string;
  /** Of the program to run; the command itself by default. */
  readonly program?: readonly string[];
  /** Called once; kills the process when what it answers resolves. */
  readonly killWhen?: (process: LivingProcess) => Promise<void>;
}

export interface LivingProcess {
  readonly pid: number;
  /** Documents so far. */
  readonly documentCount: () => number;
  readonly isOver: () => boolean;
}

const command = join(packageRoot, 'cli', 'stepwright.mjs');

/** Runs the command in a process of its own, which is killed with SIGKILL when `killWhen` says so. */
export async function runGuideProcess(options: GuideProcessOptions): Promise<Life> {
  const { files, dataFolder, outFolder, program = [command, 'guide'], killWhen } = options;
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [...program, ...files, '--data', dataFolder, '--out', outFolder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const documents: string[] = [];
  const notes: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => documents.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => notes.push(line));
  // A bench that is stopped leaves no process behind.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  let isOver = false;
  const closed = new Promise<{ exitCode: number | undefined; signal: string | undefined }>((resolve) => {
    child.once('close', (code, signal) => {
      isOver = true;
      process.off('exit', end);
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined });
    });
  });
  const pid = child.pid ?? 0;
  void killWhen?.({ pid, documentCount: () => documents.length, isOver: () => isOver }).then(() => child.kill('SIGKILL'));
  return { ...(await closed), documents, notes, pid, livedMs: performance.now() - startedAtMs };
}
