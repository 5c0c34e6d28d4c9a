/**
 * T1, I1, U1, U4 over a real port: the server dies by SIGKILL, or its disk is full, while an agent uploads events and pictures. Allowed: requests that are
 * sent again. Never: an event lost or stored twice, a guide that differs, a server that does not go on with its folder.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readDemoRecording } from '../../cli/start/demo-recording.ts';
import { createDice } from '../../topology/testing/dice.ts';
import type { FullDiskUpload } from './full-disk.ts';
import { planServerKills, runKilledUpload, type KilledUpload } from './killed-upload.ts';
import { mountFlags, runOnSmallDisk } from './small-disk.ts';
import type { Uploaded } from './upload-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepwright-disturbed-'));
const keysFolder = join(folder, 'calm', 'data', 'keys');
const recording = readDemoRecording(fileURLToPath(new URL('../../../cli/demo/recording', import.meta.url)));
const lastSeq = recording.events.length;
const seed = Math.floor(Math.random() * 1e9);
const flags = mountFlags();
let calm: KilledUpload;

before(async () => {
  calm = await runKilledUpload({ root: join(folder, 'calm'), recording, kills: [] });
  assert.deepEqual([calm.exitCode, [...calm.problems], calm.session['eventCount']], [0, [], lastSeq]);
});

after(() => rmSync(folder, { recursive: true, force: true }));

function assertSame(disturbed: Uploaded & { readonly exitCode: number | null }): void {
  assert.deepEqual(disturbed.documents, calm.documents);
  assert.equal(JSON.parse(disturbed.documents[0] ?? '').missedEvents, 0);
  for (const field of ['status', 'title', 'eventCount', 'missedEvents', 'duplicateEvents', 'warnings'])
    assert.deepEqual(disturbed.session[field], calm.session[field], field);
  assert.equal(disturbed.exitCode, 0);
}

test(
  'T1 U4 a server that is killed three times during an upload ends with the same guide, byte by byte',
  { timeout: 240_000 },
  async (t) => {
    const kills = planServerKills(createDice(seed), 3, lastSeq);
    const killed = await runKilledUpload({ root: join(folder, 'killed'), recording, kills, keysFolder });
    t.diagnostic(`seed ${seed}, killed at acks ${killed.killedAtAckedSeqs.join(', ')} of ${lastSeq}`);
    const isUnderWay = killed.killedAtAckedSeqs.some((ackedSeq) => ackedSeq < lastSeq);
    assert.ok(isUnderWay && killed.problems.has('NO_ANSWER'), 'the upload met a dead server');
    assertSame(killed);
  },
);

test(
  'I1 a disk that is full three times during an upload refuses with STORAGE_FULL, loses nothing, and goes on by itself when there is space',
  { timeout: 240_000, skip: flags === undefined ? 'this user may not mount a small file system (unshare)' : false },
  async () => {
    const printed = await runOnSmallDisk(flags ?? '', 256 << 20, join(folder, 'full'), keysFolder);
    const full: FullDiskUpload = JSON.parse(printed);
    assert.equal(full.squeezes.length, 3);
    for (const { status, code, wasRestarted } of full.squeezes)
      assert.deepEqual([status, code, wasRestarted], [507, 'STORAGE_FULL', false]);
    assert.ok(
      full.squeezes.some(({ ackedSeq }) => ackedSeq < lastSeq) && full.problems.includes('STORAGE_FULL'),
      'the upload met a full disk',
    );
    assertSame(full);
  },
);
