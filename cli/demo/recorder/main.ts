/**
 * Records the bundled demo: `node dist/cli/demo/recorder/main.js [--out cli/demo/recording] [--reshots bench/images/reshots] [--python PYTHON_WITH_DJANGO]`. Starts Django's admin on a free
 * port, drives it in a headless Chromium with `agent/capture` inside, and writes the folder that `npm start` plays.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type BrowserContext } from 'playwright-core';
import { createBrowserRecorder } from '../../record/browser-recorder.ts';
import { browserFlags, findBrowser } from '../../record/find-browser.ts';
import { freePort } from '../../../services/free-port.ts';
import { createFolderTarget } from './folder-target.ts';
import { createPerson } from './person.ts';
import { takeReshots } from './reshots.ts';
import { setUpSupportTeam } from './session.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'cli/demo/recording' },
    reshots: { type: 'string', default: '' },
    python: { type: 'string', default: 'python3' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'stepwright-demo-'));
const secrets = { login: randomBytes(9).toString('base64url'), member: `${randomBytes(9).toString('base64url')}-9k` };
const port = await freePort();
const site = spawn(values.python, ['cli/demo/recorder/site.py', join(folder, 'site.sqlite'), String(port)], {
  env: { ...process.env, STEPWRIGHT_DEMO_PASSWORD: secrets.login },
  stdio: 'ignore',
});
try {
  await answers(`http://127.0.0.1:${port}/admin/login/`);
  await recordDemo(`http://127.0.0.1:${port}/admin/`);
} finally {
  site.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function recordDemo(url: string): Promise<void> {
  const executablePath = findBrowser(process.env['PATH'] ?? '', process.env['STEPWRIGHT_BROWSER']);
  if (executablePath === undefined) throw new Error('no Chromium on this machine');
  const browser = await chromium.launch({ executablePath, args: browserFlags(process.getuid?.() === 0) });
  const context = await browser.newContext({ viewport: { width: 1200, height: 750 } });
  const captureScript = readFileSync(new URL('../../../agent/capture/inject.bundle.js', import.meta.url), 'utf8');
  const recorder = await createBrowserRecorder({ context, captureScript, target: createFolderTarget(values.out) });
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.waitForTimeout(500);
  await setUpSupportTeam(page, createPerson(page, evenly()), secrets);
  await recorder.finish();
  process.stdout.write(`${recorder.eventCount()} events in ${values.out}\n`);
  if (values.reshots !== '') await reshoot(await browser.newContext({ viewport: { width: 960, height: 600 } }), url);
  await browser.close();
}

async function reshoot(context: BrowserContext, url: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel('Username').fill('demo');
  await page.getByLabel('Password').fill(secrets.login);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForLoadState('networkidle');
  const paths = [
    '',
    'auth/',
    'auth/group/',
    'auth/group/add/',
    'auth/group/1/change/',
    'auth/group/1/history/',
    'auth/user/',
    'auth/user/add/',
  ];
  paths.push(
    'auth/user/1/change/',
    'auth/user/2/change/',
    'auth/user/2/history/',
    'auth/user/2/delete/',
    'auth/user/?q=hopper',
    'password_change/',
  );
  await takeReshots(
    context,
    paths.map((path) => url + path),
    values.reshots,
  );
}

/** Even spread instead of chance, so that two recordings have the same rhythm. */
function evenly(): (low: number, high: number) => number {
  let turn = 0;
  return (low, high) => low + ((high - low) * (turn++ % 5)) / 4;
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${url} did not answer in 20 s`);
}
