import type { Guide } from '../../schemas/types/guide.ts';
import { expectationsOf } from './ask/ask.ts';
import { judge, type JudgedGuide } from './judge.ts';
import { readPage } from './page.ts';
import type { AskedRecording } from './recording.ts';
import { leakedPasswords } from './secrets.ts';

/** Part of all steps that may be forgiven as detours over the whole set; what is above it counts as noise. */
const detourCeiling = 0.1;
/** What `npm run quality` demands of precision, recall and titles. */
export const threshold = 0.95;

export interface ScoredRecording {
  readonly id: string;
  readonly family: string;
  /** Absent: no guide came out. */
  readonly judged?: JudgedGuide;
  readonly required: number;
  /** The scorer has no grammar for the request: a fault of the scorer. */
  readonly understood: boolean;
  /** Paths inside the guide that hold the password. */
  readonly leaks: readonly string[];
}

export function scoreRecording(recording: AskedRecording, guide: Guide | undefined): ScoredRecording {
  const page = readPage(recording.finalDom);
  const expectations = expectationsOf(recording.utterance, page);
  const common = { id: recording.id, family: recording.family, understood: expectations !== undefined };
  const required = (expectations ?? []).filter((expected) => expected.need === 'required').length;
  if (guide === undefined) return { ...common, required, leaks: [] };
  const leaks = leakedPasswords(recording.finalDom, guide);
  return { ...common, required, leaks, judged: judge(guide, expectations ?? [], page) };
}

export interface Totals {
  readonly recordings: number;
  readonly required: number;
  readonly fulfilled: number;
  readonly steps: number;
  readonly hits: number;
  readonly routes: number;
  readonly detours: number;
  readonly noise: number;
  readonly rightTitles: number;
  readonly leaks: number;
  readonly precision: number;
  readonly recall: number;
  readonly titles: number;
}

/** Sums recordings. Empty ratios are 0: who says nothing gets nothing. The ceiling holds for a whole set: a row of the table passes 1. */
export function total(scored: readonly ScoredRecording[], ceiling = detourCeiling): Totals {
  const steps = scored.flatMap((one) => one.judged?.steps ?? []);
  const count = (verdict: string): number => steps.filter((step) => step.verdict === verdict).length;
  const required = sum(scored.map((one) => one.required));
  const missed = sum(scored.map((one) => one.judged?.missed.length ?? one.required));
  const [hits, detours, noise] = [count('hit'), count('detour'), count('noise')];
  const unforgiven = Math.max(0, detours - Math.floor(ceiling * steps.length));
  const rightTitles = steps.filter((step) => step.verdict === 'hit' && step.titleRight).length;
  return {
    recordings: scored.length,
    required,
    fulfilled: required - missed,
    steps: steps.length,
    hits,
    routes: count('route'),
    detours,
    noise,
    rightTitles,
    leaks: sum(scored.map((one) => one.leaks.length)),
    precision: ratio(hits, hits + noise + unforgiven),
    recall: ratio(required - missed, required),
    titles: ratio(rightTitles, hits),
  };
}

/** Whether the set as a whole is good enough: three ratios, every request understood, no password anywhere. */
export function passes(scored: readonly ScoredRecording[]): boolean {
  const totals = total(scored);
  const enough = Math.min(totals.precision, totals.recall, totals.titles) >= threshold;
  return enough && totals.leaks === 0 && scored.every((one) => one.understood);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
