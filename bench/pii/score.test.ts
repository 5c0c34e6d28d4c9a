import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readInterfaceStrings, readPresidio } from './labelled.ts';
import { scoreSet, threshold } from './score.ts';

const folder = fileURLToPath(new URL('../../../bench/pii', import.meta.url));

describe('structured personal data', () => {
  it('is found in the sentences of presidio-research at the promised precision and recall', () => {
    const { all, mistakes } = scoreSet(readPresidio(folder));
    assert.equal(all.labelled, 28);
    assert.ok(all.precision >= threshold && all.recall >= threshold, JSON.stringify(mistakes));
  });

  it('is found in strings of interfaces at the promised precision and recall, among more strings that only look like it', () => {
    const texts = readInterfaceStrings(folder);
    const { all, mistakes } = scoreSet(texts);
    assert.ok(texts.length >= 300 && texts.filter((text) => text.spans.length === 0).length >= 150);
    assert.ok(all.precision >= threshold && all.recall >= threshold, JSON.stringify(mistakes));
  });

  it('is counted by exact spans: half a number is a miss and an invention', () => {
    const text = 'Card 4242 4242 4242 4242';
    const { all } = scoreSet([{ text, spans: [{ kind: 'card', start: 5, end: 14 }] }]);
    assert.deepEqual([all.right, all.labelled, all.invented], [0, 1, 1]);
  });
});
