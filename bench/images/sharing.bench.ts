/**
 * Question: does phash-dedupe share shots of one page and keep different pages apart, on real pages?
 * Measured: `bench/images/reshots`, pages of a real web application shot in Chromium by the demo's recorder, each again with caret, clock, hover
 * and compression noise; decided by processors/phash-dedupe without a target rectangle, the case in which it shares most. Not measured: other
 * applications, other screen sizes. Exit 1 when a goal is missed: no page merged with another, 95 % of the shots shared.
 * Rerun: npm run build && node dist/bench/images/sharing.bench.js [folder]
 */
import { measureSharing } from './sharing.ts';
import { readShots } from './shots.ts';

const shots = readShots(process.argv[2] ?? 'bench/images/reshots');
const result = await measureSharing(shots);
const variants = [...new Set(shots.map(({ variant }) => variant))].filter((variant) => variant !== 'first').sort();
console.table(
  variants.map((variant) => {
    const count = shots.filter((shot) => shot.variant === variant).length;
    return { variant, shots: count, shared: count - result.missed.filter((name) => name.endsWith(`-${variant}`)).length };
  }),
);
const sharedShare = 1 - result.missed.length / Math.max(1, result.againCount);
console.log(JSON.stringify({ ...result, sharedShare: Number(sharedShare.toFixed(3)) }));
process.exitCode = result.againCount > 0 && result.merged.length === 0 && sharedShare >= 0.95 ? 0 : 1;
