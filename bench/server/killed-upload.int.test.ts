/**
 * T1, I1, U1, U4 over a real port: the server dies by SIGKILL while an agent uploads events and pictures. Allowed: requests that are sent again. Never: an
 * event lost or stored twice, a guide that differs, a server that does not come back on its folder and port.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readDemoRecording } from '../../cli/start/demo-recording.ts';
import { createDice } from '../chaos/dice.ts';
import { planServerKills, runUpload } from './killed-upload.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepwright-killed-upload-'));
const recording = readDemoRecording(fileURLToPath(new URL('../../../cli/demo/recording', import.meta.url)));
const seed = Math.floor(Math.random() * 1e9);

after(() => rmSync(folder, { recursive: true, force: true }));

test(
  'T1 U4 a server that is killed three times during an upload ends with the same guide, byte by byte',
  { timeout: 240_000 },
  async (t) => {
    const calm = await runUpload({ root: join(folder, 'calm'), recording, kills: [] });
    assert.deepEqual([calm.exitCode, [...calm.problems]], [0, []]);
    const kills = planServerKills(createDice(seed), 3, recording.events.length);
    const killed = await runUpload({ root: join(folder, 'killed'), recording, kills, keysFolder: join(folder, 'calm', 'data', 'keys') });
    t.diagnostic(`seed ${seed}, killed at acks ${killed.killedAtAckedSeqs.join(', ')} of ${recording.events.length}`);
    const endedEarly = killed.killedAtAckedSeqs.filter((ackedSeq) => ackedSeq < recording.events.length);
    assert.ok(endedEarly.length >= 1 && killed.problems.has('NO_ANSWER'), 'the upload met a dead server');
    assert.deepEqual(killed.documents, calm.documents);
    assert.equal(JSON.parse(killed.documents[0] ?? '').missedEvents, 0);
    for (const field of ['eventCount', 'duplicateEvents', 'missedEvents', 'status', 'title'])
      assert.deepEqual(killed.session[field], calm.session[field], field);
    assert.equal(killed.exitCode, 0);
  },
);
