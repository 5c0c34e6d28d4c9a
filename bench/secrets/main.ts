/**
 * Question: does anything that was typed into a protected field come out anywhere?
 * Measured: a 24-character canary, typed in a real Chromium into passwords, cards, codes, marked fields, shadow DOM, frames of both kinds and after "show
 * password", and forged straight into the ingest API; the server is killed with SIGKILL in the middle. Then every byte of every file (log, stores, views,
 * objects, keys, output of every life, temporary files) is searched for it in a dozen forms, every record, row and object again with its seal taken off, and
 * every picture for the colour that only protected fields have. The same by decoded records for the passwords of the miniwob recordings, when they are given.
 * Not measured: the browser's own profile, memory, swap. What was typed into a field before anything marked it as protected.
 * Rerun: `npm run secrets -- [--miniwob FOLDER] [--keep]`; exit code 1 when something is found.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBrowser } from '../../cli/record/find-browser.ts';
import { checkMiniwob } from './miniwob-passwords.ts';
import { runSecrets } from './run-secrets.ts';

const { values } = parseArgs({ options: { miniwob: { type: 'string' }, keep: { type: 'boolean', default: false } } });
const executablePath = findBrowser(process.env['PATH'] ?? '', process.env['STEPWRIGHT_BROWSER']);
if (executablePath === undefined) {
  process.stderr.write('secrets: there is no Chromium on this machine; name one with STEPWRIGHT_BROWSER\n');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'stepwright-secrets-'));
const report = await runSecrets(join(folder, 'canary'), executablePath);
const miniwob = values.miniwob === undefined ? undefined : await checkMiniwob(values.miniwob, join(folder, 'miniwob'));
process.stdout.write(`${JSON.stringify({ ...report, miniwob }, null, 2)}\n`);
if (values.keep) process.stderr.write(`kept: ${folder}\n`);
else rmSync(folder, { recursive: true, force: true });
process.exitCode = report.problems.length > 0 || (miniwob?.leaks.length ?? 0) > 0 ? 1 : 0;
