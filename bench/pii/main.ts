import { fileURLToPath } from 'node:url';
import { readInterfaceStrings, readPresidio, type LabelledText } from './labelled.ts';
import { scoreSet, threshold, type KindScore } from './score.ts';

const folder = fileURLToPath(new URL('../../../bench/pii', import.meta.url));
const passed = [
  printSet('presidio-research generated_small.json, structured types', readPresidio(folder)),
  printSet('interface-strings.json', readInterfaceStrings(folder)),
];
process.exitCode = passed.every(Boolean) ? 0 : 1;

function printSet(name: string, texts: readonly LabelledText[]): boolean {
  const { kinds, all, mistakes } = scoreSet(texts);
  const empty = texts.filter((text) => text.spans.length === 0).length;
  const lines = [
    `${name}: ${texts.length} texts, ${empty} of them without personal data of these kinds`,
    'kind                labelled  right  invented  precision  recall',
    ...[...kinds, all].map(row),
    ...mistakes.map((mistake) => `${mistake.what} ${mistake.kind}: ${mistake.text}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n\n`);
  return Math.min(all.precision, all.recall) >= threshold;
}

function row(score: KindScore): string {
  const counts = [String(score.labelled).padStart(10), String(score.right).padStart(7), String(score.invented).padStart(10)];
  return [score.kind.padEnd(18), ...counts, percent(score.precision).padStart(11), percent(score.recall).padStart(8)].join('');
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)}%`;
}
