import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/** What a result was measured with: numbers of two machines or commits are not compared. */
export interface Environment {
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
}

export function environment(): Environment {
  const [first] = cpus();
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  return { commit: stdout?.trim() || 'unknown', node: process.version, cpu: first?.model ?? 'unknown', cores: cpus().length };
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Median, lowest and highest. */
export function spreadOf(numbers: readonly number[]): { readonly median: number; readonly lowest: number; readonly highest: number } {
  const sorted = numbers.toSorted((left, right) => left - right);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, lowest: sorted[0] ?? 0, highest: sorted.at(-1) ?? 0 };
}
