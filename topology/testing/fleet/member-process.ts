import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What a member says on standard output, one JSON object a line. */
export type MemberEvent =
  | { readonly event: 'restored'; readonly taskId: string; readonly restoredCount: number; readonly wiped?: string }
  | { readonly event: 'failed'; readonly taskId: string; readonly code: string; readonly message: string }
  | { readonly event: 'state'; readonly state: string };

export interface MemberOptions {
  readonly name: string;
  /** Program and arguments for node. */
  readonly command: readonly string[];
  /** Its state, deleted by `deleteState`. */
  readonly directory: string;
  /** Reads an event out of a line of its output; undefined for any other line. Other lines on standard error are passed on. */
  readonly readEvent: (line: string) => MemberEvent | undefined;
  readonly onEvent: (event: MemberEvent) => void;
  /** Called when it ended though nobody asked it to. */
  readonly onUnexpectedEnd: (how: string) => void;
}

/** One member of a fleet: a process that is started, treated badly and started again under the same name and on the same folder. */
export class MemberProcess {
  readonly name: string;
  readonly #options: MemberOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #mayEnd = false;

  constructor(options: MemberOptions) {
    this.name = options.name;
    this.#options = options;
  }

  start(): void {
    const { command, readEvent, onEvent, onUnexpectedEnd } = this.#options;
    const child = spawn(process.execPath, [...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#mayEnd = false;
    // Whoever runs the fleet takes its members along.
    const takeAlong = (): void => void child.kill('SIGKILL');
    process.once('exit', takeAlong);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = readEvent(line);
      if (event !== undefined) onEvent(event);
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      const event = readEvent(line);
      if (event !== undefined) onEvent(event);
      else process.stderr.write(`${line}\n`);
    });
    this.#ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        process.off('exit', takeAlong);
        if (!this.#mayEnd) onUnexpectedEnd(`${this.name} ended by itself: ${signal ?? `exit code ${code}`}`);
        resolve();
      });
    });
  }

  /** SIGKILL; resolves when it is dead. */
  async kill(): Promise<void> {
    this.#mayEnd = true;
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** SIGTERM; resolves when it has ended in order. */
  async stop(): Promise<void> {
    this.#mayEnd = true;
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** While it does not run. */
  deleteState(): void {
    rmSync(this.#options.directory, { recursive: true, force: true });
  }
}

/** For members that say nothing else on standard output. */
export function readJsonEvent(line: string): MemberEvent | undefined {
  return line.startsWith('{"event":') ? JSON.parse(line) : undefined;
}
