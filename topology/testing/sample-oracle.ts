import type { Amount, Report } from './sample-topology.ts';

/** What the sample topology must say, worked out without it: for tests that kill processes. Record `index` belongs to key `index mod keyCount`. */
export interface OracleInput {
  readonly recordCount: number;
  readonly keyCount: number;
}

export interface OracleRecord {
  readonly key: string;
  readonly value: Amount;
  readonly timestampMs: number;
}

export type TimedReport = Report & { readonly timestampMs: number };

const firstMs = 10_000;
const stepMs = 200;
/** After every fifth record of a key there is a pause that is longer than the quiet time. */
const recordsBeforePause = 5;
const pauseMs = 1_100;
const windowMs = 1_000;
const quietMs = 500;

export function inputRecord(index: number, { keyCount }: OracleInput): OracleRecord {
  const turn = Math.floor(index / keyCount);
  return { key: `key-${index % keyCount}`, value: { amount: amountOf(turn) }, timestampMs: timeOf(turn) };
}

/** The reports of one key, in order: every total in closed form, and a quiet report before each record that follows a pause. */
export function expectedReports(keyIndex: number, { recordCount, keyCount }: OracleInput): readonly TimedReport[] {
  const turnCount = Math.floor((recordCount - keyIndex - 1) / keyCount) + 1;
  const reports: TimedReport[] = [];
  for (let turn = 0; turn < turnCount; turn += 1) {
    const previousMs = timeOf(turn - 1);
    if (turn > 0 && timeOf(turn) >= previousMs + quietMs) {
      reports.push({ kind: 'quiet', ...totalsAfter(turn - 1), inWindow: 0, timestampMs: previousMs + quietMs });
    }
    reports.push({ kind: 'total', ...totalsAfter(turn), inWindow: inWindow(turn), timestampMs: timeOf(turn) });
  }
  return reports;
}

function amountOf(turn: number): number {
  return turn + 1;
}

function timeOf(turn: number): number {
  return firstMs + turn * stepMs + Math.floor(turn / recordsBeforePause) * pauseMs;
}

/** Amounts are 1, 2, 3 …, so all four have closed forms. */
function totalsAfter(turn: number): Pick<Report, 'count' | 'sum' | 'min' | 'max'> {
  const count = turn + 1;
  return { count, sum: (count * (count + 1)) / 2, min: 1, max: count };
}

function inWindow(turn: number): number {
  const startMs = timeOf(turn) - (timeOf(turn) % windowMs);
  let count = 0;
  for (let earlier = turn; earlier >= 0 && timeOf(earlier) >= startMs; earlier -= 1) count += 1;
  return count;
}
