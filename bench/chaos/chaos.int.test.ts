/**
 * T1, K3, K5 of the whole platform with real processes: `stepwright guide` is killed and started again on the same folder. Allowed: work done again.
 * Never: a guide, a file or a stored document that differs; a finished guide written twice; a store wiped; a dead letter.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { crashPointNames } from '../../topology/runtime/crash-points.ts';
import { createDice } from '../../topology/testing/dice.ts';
import { runGuideProcess } from './guide-process.ts';
import { planKills } from './kill-plan.ts';
import { runKilled } from './killed-run.ts';
import { differences, readOutcome, type Outcome } from './outcome.ts';
import { layOutRecordings } from './recordings.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepwright-chaos-test-'));
const calm = { dataFolder: join(folder, 'calm-data'), outFolder: join(folder, 'calm-out') };
const keysFolder = join(calm.dataFolder, 'keys');
const seed = Math.floor(Math.random() * 1e9);
let files: readonly string[] = [];
let expected: Outcome;

before(async () => {
  const set = { syntheticCount: 1, eventCount: 300, pictureEvery: 40, miniwobCount: 2, seed };
  files = layOutRecordings(join(folder, 'recordings'), set);
  const undisturbed = await runGuideProcess({ files, ...calm });
  assert.equal(undisturbed.exitCode, 0, undisturbed.notes.join('\n'));
  expected = await readOutcome(undisturbed.documents, calm.dataFolder, calm.outFolder);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('T1 K3 K5 five kills at random moments change no byte of any guide', { timeout: 240_000 }, async (t) => {
  const places = { dataFolder: join(folder, 'killed-data'), outFolder: join(folder, 'killed-out') };
  t.diagnostic(`seed ${seed}`);
  const run = await runKilled({ files, ...places, keysFolder, plan: planKills(createDice(seed), 5, 600), onKill: () => {} });
  t.diagnostic(
    run.kills.map(({ phase, restored }) => `${phase} ${restored.map(({ taskId, count }) => `${taskId}:${count}`).join(' ')}`).join('; '),
  );
  assert.ok(run.kills.length >= 2, `killed only ${run.kills.length} times`);
  const wiped = [...run.kills.flatMap(({ restored }) => restored), ...run.lastRestored].filter(({ wipedFor }) => wipedFor !== undefined);
  assert.deepEqual(wiped, [], 'a process that died is no reason to wipe a store');
  const actual = await readOutcome(run.last.documents, places.dataFolder, places.outFolder);
  assert.deepEqual(differences(expected, actual), []);
  assert.deepEqual(actual.deadLetters, []);
});

test('T1 K2 K3 a death at each named point of the engine changes no byte of any guide', { timeout: 240_000 }, async () => {
  const places = { dataFolder: join(folder, 'points-data'), outFolder: join(folder, 'points-out') };
  const child = fileURLToPath(new URL('./crash-child.js', import.meta.url));
  cpSync(keysFolder, join(places.dataFolder, 'keys'), { recursive: true });
  // Nothing is rolled back in this run, and a flush needs seconds of work or the end.
  const reached = crashPointNames.filter((point) => point !== 'rolled-back');
  let deathCount = 0;
  for (const point of reached) {
    const life = await runGuideProcess({ files, ...places, program: [child, point, '1'] });
    if (life.signal === 'SIGKILL') deathCount += 1;
    else assert.equal(life.exitCode, 0, `${point}: ${life.notes.join('\n')}`);
    assert.deepEqual(
      life.notes.filter((note) => note.includes('wiped')),
      [],
      point,
    );
  }
  assert.ok(deathCount >= 6, `died only ${deathCount} times`);
  const last = await runGuideProcess({ files, ...places });
  assert.equal(last.exitCode, 0, last.notes.join('\n'));
  assert.deepEqual(differences(expected, await readOutcome(last.documents, places.dataFolder, places.outFolder)), []);
});

test('a death while a key is made leaves no recording that cannot be read', { timeout: 120_000 }, async () => {
  const child = fileURLToPath(new URL('./crash-child.js', import.meta.url));
  for (const point of ['mint.before-link', 'mint.linked']) {
    const places = { dataFolder: join(folder, `${point}-data`), outFolder: join(folder, `${point}-out`) };
    const died = await runGuideProcess({ files, ...places, program: [child, point, '3'] });
    assert.equal(died.signal, 'SIGKILL', point);
    const again = await runGuideProcess({ files, ...places });
    assert.equal(again.exitCode, 0, again.notes.join('\n'));
    assert.equal(again.documents.length, files.length);
    // Keys are new, so names of pictures differ; what the guides say does not.
    assert.deepEqual(again.documents.map(withoutImages), expected.documents.map(withoutImages));
  }
});

function withoutImages(document: string): string {
  return JSON.stringify(JSON.parse(document), (name, value: unknown) => (name === 'image' ? undefined : value));
}
