import type { MemberEvent } from '../../../topology/testing/fleet/member-process.ts';
import type { Disturbance } from './disturbances.ts';
import type { DisturbedRun, Happened } from './disturbed-run.ts';

const widths = [4, 9, 15, 9, 9, 9, 34];

export const header = row(['no', 'at', 'what', 'whom', 'during', 'away', 'tasks rebuilt before it', 'restored before it']);

/** One line of the table. */
export function disturbanceRow(number: number, { kind, member, aim, awayMs }: Disturbance, { atMs, events }: Happened): string {
  const isOfOne = kind === 'kill' || kind === 'wipe' || kind === 'freeze';
  const whom = isOfOne ? `member-${member}` : kind === 'roll' ? 'all' : 'broker';
  return row([number, seconds(atMs), kind, whom, aim, seconds(awayMs), failuresOf(events), restoresOf(events)]);
}

function endRow({ atMs, events }: Happened): string {
  return row(['', seconds(atMs), 'all finished', 'all', '–', '–', failuresOf(events), restoresOf(events)]);
}

export function summary(plan: readonly Disturbance[], { events, last, problems, lastedMs }: DisturbedRun): readonly string[] {
  const kinds = countsOf(plan.map(({ kind }) => kind));
  const restored = events.flatMap((event) => (event.event === 'restored' ? [event] : []));
  const counts = restored.map(({ restoredCount }) => restoredCount).toSorted((left, right) => left - right);
  const wipeCount = restored.filter(({ wiped }) => wiped !== undefined).length;
  return [
    endRow(last),
    '',
    `disturbed: ${kinds}; ${seconds(lastedMs)} in all`,
    `tasks restored ${counts.length} times: median ${counts[Math.floor(counts.length / 2)] ?? 0} records, at most ${counts.at(-1) ?? 0}; stores wiped: ${wipeCount}`,
    `tasks rebuilt: ${failuresOf(events)}`,
    ...problems.map((problem) => `WRONG: ${problem}`),
    problems.length === 0 ? 'no hole, no double, nothing left open: every output as it must be' : 'NOT as it must be',
  ];
}

function restoresOf(events: readonly MemberEvent[]): string {
  const restored = events.flatMap((event) =>
    event.event === 'restored' && event.restoredCount > 0 ? [`${event.taskId}:${event.restoredCount}`] : [],
  );
  return restored.join(' ') || '–';
}

function failuresOf(events: readonly MemberEvent[]): string {
  return countsOf(events.flatMap((event) => (event.event === 'failed' ? [event.code] : []))) || '–';
}

function countsOf(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${word} ${count}`).join(', ');
}

function row(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, index) => String(cell).padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
