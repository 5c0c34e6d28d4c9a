/**
 * Question: does an upload over a real port survive a server that is killed with SIGKILL again and again, and started again on the same folder?
 * Measured: the SDK uploads the bundled recording with its pictures to `stepwright start`; guide.json, page and Markdown byte by byte, counts of events and
 * duplicates, and the last exit code, against an undisturbed run.
 * Not measured: power cuts, an agent that dies too (its queue is in memory here).
 * Rerun: `npm run chaos:server -- [kills] [seed]`; exit 1 when anything differs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';
import { readDemoRecording } from '../../cli/start/demo-recording.ts';
import { createDice } from '../../topology/testing/dice.ts';
import { planServerKills, runKilledUpload, type KilledUpload } from './killed-upload.ts';

const killCount = Number(process.argv[2] ?? 20);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'stepwright-server-kills-'));
try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<number> {
  const recording = readDemoRecording(fileURLToPath(new URL('../../../cli/demo/recording', import.meta.url)));
  const calm = await runKilledUpload({ root: join(folder, 'calm'), recording, kills: [] });
  const killed = await runKilledUpload({
    root: join(folder, 'killed'),
    recording,
    kills: planServerKills(createDice(seed), killCount, recording.events.length),
    keysFolder: join(folder, 'calm', 'data', 'keys'),
  });
  const isSame = isDeepStrictEqual(facts(calm), facts(killed)) && killed.exitCode === 0;
  const { killedAtAckedSeqs, problems, exitCode } = killed;
  const report = { seed, killedAtAckedSeqs, events: recording.events.length, problems: [...problems], exitCode, isSame };
  process.stdout.write(`${JSON.stringify({ ...report, session: killed.session }, null, 2)}\n`);
  return isSame ? 0 : 1;
}

function facts({ documents, session }: KilledUpload): unknown {
  return [documents, session['eventCount'], session['duplicateEvents'], session['missedEvents'], session['status']];
}
