import { spreadOf } from '../environment.ts';
import type { PhaseGaps, PhaseName } from './gap-run.ts';

type Spread = ReturnType<typeof spreadOf>;

export interface GapRow {
  readonly phase: PhaseName;
  readonly roundCount: number;
  readonly unmovedMs: Spread | undefined;
  readonly movedMs: Spread | undefined;
}

/** Each phase over its rounds, in the order of the run. */
export function rowsOf(phases: readonly PhaseGaps[]): readonly GapRow[] {
  const names = [...new Set(phases.map(({ phase }) => phase))];
  return names.map((phase) => {
    const rounds = phases.filter((one) => one.phase === phase);
    const spread = (of: (one: PhaseGaps) => number | undefined): Spread | undefined => {
      const found = rounds.flatMap((one) => of(one) ?? []);
      return found.length === 0 ? undefined : spreadOf(found);
    };
    return { phase, roundCount: rounds.length, unmovedMs: spread((one) => one.unmovedMs), movedMs: spread((one) => one.movedMs) };
  });
}

/** A Markdown table: median (lowest – highest) of the rounds' longest gaps. */
export function renderGaps(rows: readonly GapRow[]): string {
  const lines = rows.map(
    ({ phase, roundCount, unmovedMs, movedMs }) => `| ${phase} | ${cell(unmovedMs)} | ${cell(movedMs)} | ${roundCount} |`,
  );
  return [
    '| what happens | longest gap of a task that stays, ms | of one that moves, ms | rounds |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function cell(spread: Spread | undefined): string {
  return spread === undefined ? '–' : `${spread.median} (${spread.lowest} – ${spread.highest})`;
}
