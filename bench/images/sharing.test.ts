import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { measureSharing } from './sharing.ts';
import { readShots } from './shots.ts';

it('shares at least 95 % of the shots of real pages again, and never merges two pages', async () => {
  const shots = readShots(fileURLToPath(new URL('../../../bench/images/reshots', import.meta.url)));
  const { againCount, missed, pairCount, merged } = await measureSharing(shots);
  assert.ok(againCount >= 50 && pairCount >= 500, `${againCount} shots, ${pairCount} pairs`);
  assert.deepEqual(merged, []);
  assert.ok(missed.length <= againCount * 0.05, `not shared: ${missed.join(', ')}`);
});
