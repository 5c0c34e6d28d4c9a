import type { Measured } from './measured.ts';
import type { Contestant } from './scenarios.ts';

/** Rounds that an earlier call finished, numbered from 1 without holes; of one that was cut off nothing is kept. */
export function wholeRounds(runs: readonly Measured[], contestants: readonly Contestant[]): readonly Measured[] {
  const numbers = [...new Set(runs.map(({ round }) => round))].toSorted((left, right) => left - right);
  const whole = numbers
    .map((number) => runs.filter(({ round }) => round === number))
    .filter((ran) => contestants.every((contestant) => ran.some((run) => run.contestant === contestant)));
  return whole.flatMap((ran, index) => ran.map((run) => ({ ...run, round: index + 1 })));
}

export function roundCountOf(runs: readonly Measured[]): number {
  return Math.max(0, ...runs.map(({ round }) => round));
}
