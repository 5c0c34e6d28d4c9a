import type { Measured } from './measured.ts';
import { sameOutcome } from './outcome.ts';
import { quartilesOf } from './quartiles.ts';
import type { Quartiles } from './quartiles.ts';
import { contestants } from './scenarios.ts';
import type { Contestant } from './scenarios.ts';

export interface MetricRow {
  readonly metric: string;
  readonly values: Readonly<Partial<Record<Contestant, Quartiles>>>;
  /** Ours divided by each other contestant, round by round: what the machine did to a whole round is out of it. */
  readonly ratios: Readonly<Partial<Record<Contestant, Quartiles>>>;
}

const titles: Readonly<Record<Contestant, string>> = {
  ours: 'ours',
  peer: 'Kafka Streams',
  loop: 'bare loop',
  looser: 'ours, at least once',
};

/** Median and quartiles of each value, and of its ratio, over the rounds. */
export function rowsOf(measured: readonly Measured[]): readonly MetricRow[] {
  const metrics = [...new Set(measured.flatMap(({ values }) => Object.keys(values)))];
  return metrics.map((metric) => {
    const values: Partial<Record<Contestant, Quartiles>> = {};
    const ratios: Partial<Record<Contestant, Quartiles>> = {};
    for (const contestant of contestants) {
      const runs = measured.filter((one) => one.contestant === contestant);
      const seen = runs.flatMap((one) => one.values[metric] ?? []);
      if (seen.length > 0) values[contestant] = quartilesOf(seen);
      const ours = (round: number) => measured.find((one) => one.contestant === 'ours' && one.round === round)?.values[metric];
      const quotients = runs.flatMap((one) => quotient(ours(one.round), one.values[metric]));
      if (contestant !== 'ours' && quotients.length > 0) ratios[contestant] = quartilesOf(quotients);
    }
    return { metric, values, ratios };
  });
}

function quotient(one: number | undefined, other: number | undefined): readonly number[] {
  return one === undefined || other === undefined || other === 0 ? [] : [one / other];
}

/** The rounds in which contestants left different outputs; empty when all is well. */
export function differences(measured: readonly Measured[]): readonly string[] {
  const found: string[] = [];
  for (const { contestant, round, outcome } of measured) {
    const first = measured.find((one) => one.round === round && one.outcome !== undefined);
    if (outcome === undefined || first?.outcome === undefined || sameOutcome(outcome, first.outcome)) continue;
    found.push(`round ${round}: ${contestant} ${JSON.stringify(outcome)}, ${first.contestant} ${JSON.stringify(first.outcome)}`);
  }
  return found;
}

/** A Markdown table with a column for each contestant that was there, and one for the ratio to it. */
export function renderTable(rows: readonly MetricRow[]): string {
  const present = contestants.filter((contestant) => rows.some(({ values }) => values[contestant] !== undefined));
  const compared = present.filter((contestant) => contestant !== 'ours');
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const head = ['', 'ours', ...compared.flatMap((contestant) => [titles[contestant], 'ours to it'])];
  const body = rows.map(({ metric, values, ratios }) => {
    const others = compared.flatMap((contestant) => [cell(values[contestant], whole), cell(ratios[contestant], hundredths)]);
    return line([metric, cell(values.ours, whole), ...others]);
  });
  return [line(head), line(head.map(() => '---')), ...body].join('\n');
}

/** Median and, in brackets, the quartiles. */
function cell(quartiles: Quartiles | undefined, render: (value: number) => string): string {
  if (quartiles === undefined) return '–';
  const { median, firstQuartile, thirdQuartile } = quartiles;
  if (firstQuartile === thirdQuartile) return render(median);
  return `${render(median)} (${render(firstQuartile)} – ${render(thirdQuartile)})`;
}

function whole(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

function hundredths(value: number): string {
  return value.toFixed(2);
}
