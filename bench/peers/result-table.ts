import { spreadOf } from '../environment.ts';
import type { Measured } from './measured.ts';
import { sameOutcome } from './outcome.ts';
import { contestants } from './scenarios.ts';
import type { Contestant } from './scenarios.ts';

export interface MetricRow {
  readonly metric: string;
  readonly ours?: Spread;
  readonly peer?: Spread;
  readonly loop?: Spread;
  /** Median ours ÷ median peer. */
  readonly oursToPeer?: number;
  /** Median ours ÷ median bare loop. */
  readonly oursToLoop?: number;
}

type Spread = ReturnType<typeof spreadOf>;

/** Median and range of each value over the rounds. */
export function rowsOf(measured: readonly Measured[]): readonly MetricRow[] {
  const metrics = [...new Set(measured.flatMap(({ values }) => Object.keys(values)))];
  return metrics.map((metric) => {
    const spreads: Partial<Record<Contestant, Spread>> = {};
    for (const contestant of contestants) {
      const values = measured.filter((one) => one.contestant === contestant).flatMap((one) => one.values[metric] ?? []);
      if (values.length > 0) spreads[contestant] = spreadOf(values);
    }
    const { ours, peer, loop } = spreads;
    return {
      metric,
      ...spreads,
      ...(ours && peer && { oursToPeer: ratio(ours.median, peer.median) }),
      ...(ours && loop && { oursToLoop: ratio(ours.median, loop.median) }),
    };
  });
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

/** A Markdown table. */
export function renderTable(rows: readonly MetricRow[]): string {
  const lines = rows.map(({ metric, ours, peer, loop, oursToPeer, oursToLoop }) => {
    return `| ${[metric, cell(ours), cell(peer), oursToPeer ?? '–', cell(loop), oursToLoop ?? '–'].join(' | ')} |`;
  });
  return ['| | ours | Kafka Streams | ratio | bare loop | ratio |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

function cell(spread: Spread | undefined): string {
  if (spread === undefined) return '–';
  const { median, lowest, highest } = spread;
  return lowest === highest ? number(median) : `${number(median)} (${number(lowest)} – ${number(highest)})`;
}

function number(value: number): string {
  return value.toLocaleString('en-GB');
}

function ratio(one: number, other: number): number {
  return Math.round((one / other) * 100) / 100;
}
