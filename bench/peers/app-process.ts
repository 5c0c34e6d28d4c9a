import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cpuSecondsOf } from './process-cpu.ts';

/** A line that the process said, when it came and what CPU time was used by then. */
export interface Said {
  readonly words: readonly string[];
  readonly atMs: number;
  readonly cpuSec: number;
}

const endWithinMs = 15_000;

/** A contestant at work, seen from outside. */
export class AppProcess {
  readonly startedAtMs = performance.now();
  readonly said: Said[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #notes: string[] = [];
  #isOver = false;

  constructor([command = '', ...args]: readonly string[]) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
    createInterface({ input: child.stderr }).on('line', (line) => this.#notes.push(line));
    // A bench that is stopped leaves no process behind.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    this.#closed = new Promise((resolve) => {
      child.once('close', () => {
        this.#isOver = true;
        process.off('exit', end);
        resolve();
      });
    });
  }

  /** User and system time so far. @throws {Error} with its last words when the process has ended. */
  cpuSec(): number {
    if (this.#isOver) throw new Error(`a contestant ended by itself:\n${this.#notes.slice(-30).join('\n')}`);
    return cpuSecondsOf(this.#child.pid ?? 0);
  }

  notes(): readonly string[] {
    return this.#notes;
  }

  /** Those lines that begin with `word`. */
  heard(word: string): readonly Said[] {
    return this.said.filter(({ words }) => words[0] === word);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  /** Asks it to end and waits for its last words. */
  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), endWithinMs);
    await this.#closed;
    clearTimeout(timer);
  }

  #hear(line: string): void {
    const cpuSec = this.#isOver ? 0 : cpuSecondsOf(this.#child.pid ?? 0);
    this.said.push({ words: line.split(' '), atMs: performance.now(), cpuSec });
  }
}
