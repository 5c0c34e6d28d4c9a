import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findBrowser } from '../../cli/record/find-browser.ts';
import { runSecrets } from './run-secrets.ts';

const executablePath = findBrowser(process.env['PATH'] ?? '', process.env['STEPWRIGHT_BROWSER']);
const skip = executablePath === undefined ? 'no Chromium on this machine' : false;

test(
  'nothing that is typed into a protected field, or forged as such, is in any file, record or picture (P1–P4)',
  { skip, timeout: 180_000 },
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'stepwright-secrets-'));
    const { problems, examination } = await runSecrets(root, executablePath ?? '');
    assert.deepEqual(problems, []);
    assert.ok(examination.openedCount > 100 && examination.derivativeCount > 10 && examination.fileCount > 50);
    rmSync(root, { recursive: true, force: true });
  },
);
