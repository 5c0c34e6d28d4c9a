import type { JudgedStep } from './judge.ts';
import { passes, threshold, total, type ScoredRecording, type Totals } from './score.ts';

const columns = ['family', 'recordings', 'required', 'missed', 'hit', 'route', 'detour', 'noise', 'precision', 'recall', 'titles'] as const;

/** The table a family, the totals, and what went wrong where (of a guide that holds a password: only the places). */
export function report(scored: readonly ScoredRecording[]): string {
  const families = [...new Set(scored.map((one) => one.family))];
  const rows = families.map((family) =>
    row(
      family,
      total(
        scored.filter((one) => one.family === family),
        1,
      ),
    ),
  );
  const all = total(scored);
  const table = layOut([[...columns], ...rows, row('all', all)]);
  const verdict = passes(scored) ? 'PASS' : 'FAIL';
  const closing = `${verdict}: precision ${percent(all.precision)}, recall ${percent(all.recall)}, titles ${percent(all.titles)} (each at least ${percent(threshold)}); passwords in output: ${all.leaks}`;
  return [table, '', ...scored.flatMap(faults), '', closing].join('\n');
}

function row(name: string, totals: Totals): readonly string[] {
  const counts = [
    totals.recordings,
    totals.required,
    totals.required - totals.fulfilled,
    totals.hits,
    totals.routes,
    totals.detours,
    totals.noise,
  ];
  return [name, ...counts.map(String), percent(totals.precision), percent(totals.recall), percent(totals.titles)];
}

function faults(one: ScoredRecording): readonly string[] {
  const secret = one.leaks.length > 0;
  const lines = [
    ...(one.understood ? [] : ['the scorer does not understand the request']),
    ...(one.judged === undefined ? ['no guide'] : one.judged.missed.map((missed) => `missed: ${missed.what}`)),
    ...(one.judged?.steps ?? []).flatMap((judged) => fault(judged, secret)),
    ...one.leaks.map((path) => `password in ${path}`),
  ];
  return lines.map((line) => `${one.id}: ${line}`);
}

function fault({ step, verdict, titleRight }: JudgedStep, secret: boolean): readonly string[] {
  const told = secret ? `step ${step.order}` : `${step.kind} "${step.target.name}" (${step.target.role}), titled "${step.title}"`;
  if (verdict === 'noise' || verdict === 'detour') return [`${verdict}: ${told}`];
  return verdict === 'hit' && !titleRight ? [`title does not name the element: ${told}`] : [];
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)}%`;
}

function layOut(rows: readonly (readonly string[])[]): string {
  const widths = columns.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return rows.map(line).join('\n');
}
