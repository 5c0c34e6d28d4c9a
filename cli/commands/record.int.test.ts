import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium, type Page } from 'playwright-core';
import { hasCode } from '../../topology/base/errors.ts';
import type { CommandContext } from '../command.ts';
import { browserFlags, findBrowser } from '../record/find-browser.ts';
import { prepareBrowser, recordingBrowser, type RecordingBrowser } from '../record/recording-browser.ts';
import { startCommand } from '../test-support/started-command.ts';
import { createRecordCommand } from './record.ts';

const executablePath = findBrowser(process.env['PATH'] ?? '');
const skip = executablePath === undefined ? 'no Chromium on this machine' : false;

const appPage = `<!doctype html><html lang="en"><title>Tea shop</title><style>body{font:16px sans-serif;margin:30px}button{padding:10px}</style>
<h1>Order tea</h1><p><label>Your name <input id="name"></label></p><p><label><input type="checkbox" id="milk"> With milk</label></p>
<p><button id="wrong">Empty the cart</button> <button id="order" onclick="this.textContent = 'Thank you'">Order</button></p>`;

/** A person reads a page before the first click; what is done in the first half second after its first paint has no picture that is proven to be covered (V1). */
const readingMs = 1_000;

let folder = '';
const browsers: RecordingBrowser[] = [];
let app: Server;
let appUrl = '';
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepwright-record-'));
  app = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end(appPage));
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const address = app.address();
  appUrl = typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
});
after(async () => {
  // A test that failed half way has left its browser, which would hold this process.
  for (const browser of browsers) await browser.close();
  app.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  /** Windows of the command by what they are. */
  readonly controls: Page;
  readonly recorded: Page;
  readonly guide: Promise<Page>;
  /** Resolves once the command has printed something like it. */
  readonly printed: (pattern: RegExp) => Promise<void>;
  readonly exitCode: Promise<number>;
}

/** Runs the command in a headless browser that the test drives as a person would. */
async function startRecording(data: string, stopped: AbortSignal = new AbortController().signal): Promise<Running> {
  const output = createOutput();
  const context: CommandContext = { env: process.env, stdout: output.write, stderr: () => {}, stopped };
  let guideOpened = (_page: Page): void => {};
  const guide = new Promise<Page>((resolve) => (guideOpened = resolve));
  const browser = await recordingBrowser(await chromium.launch({ ...(executablePath && { executablePath }), args: browserFlags(true) }));
  browsers.push(browser);
  const openUnrecorded: RecordingBrowser['openUnrecorded'] = async (url) => {
    const page = await browser.openUnrecorded(url);
    guideOpened(page);
    return page;
  };
  const command = createRecordCommand({
    prepareBrowser: () => async () => ({ ...browser, openUnrecorded }),
    terminal: () => process.stdin,
  });
  const exitCode = command.start([appUrl, '--data', data, '--log-level', 'error', '--no-headless'], context, []);
  await Promise.race([output.printed(/live/), exitCode]);
  const [controls, recorded] = browser.context.pages();
  assert.ok(controls !== undefined && recorded !== undefined);
  return { controls, recorded, guide, printed: output.printed, exitCode };
}

function createOutput(): { readonly write: (text: string) => void; readonly printed: Running['printed'] } {
  let text = '';
  const waiting = new Set<() => void>();
  return {
    write: (more) => {
      text += more;
      for (const look of waiting) look();
    },
    printed: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

test('record makes a guide of exactly what was done, without what was taken back or done in a pause', { skip }, async () => {
  const { controls, recorded, guide, printed, exitCode } = await startRecording(join(folder, 'main'));
  await recorded.waitForTimeout(readingMs);
  await recorded.locator('#name').pressSequentially('Ada', { delay: 20 });
  await recorded.locator('#milk').click();
  await recorded.locator('#wrong').click();
  await controls.locator('#undo').click();
  await controls.locator('#pause').click();
  await controls.getByText('paused').waitFor();
  await recorded.locator('#wrong').click();
  await controls.locator('#pause').click();
  await controls.getByText('recording').waitFor();
  await recorded.locator('#order').click();
  await controls.locator('#stop').click();
  const page = await guide;
  await page.locator('.step img').first().waitFor();
  const titles = await page.locator('.step h2 > span:last-child').allTextContents();
  assert.deepEqual(titles, ['Open Tea shop', 'Type "Ada" into Your name', 'Check With milk in Order tea', 'Click Order in Order tea']);
  assert.equal(await page.locator('.step .shot img').count(), 3, 'every step but the first has its picture');
  await printed(/live +http:\/\/127\.0\.0\.1:\d+\/live\/rec-[^]*guide +http:\/\/127\.0\.0\.1:\d+\/guides\/rec-/);
  await page.close();
  assert.equal(await exitCode, 0);
});

test('closing the last recorded page stops; the guide is made all the same', { skip }, async () => {
  const stopped = new AbortController();
  const { recorded, printed, exitCode } = await startRecording(join(folder, 'closing'), stopped.signal);
  await recorded.locator('#order').click();
  await recorded.getByText('Thank you').waitFor();
  await recorded.close();
  await printed(/2 steps[^]*\/guides\/rec-/);
  stopped.abort();
  assert.equal(await exitCode, 0);
});

test(
  'what a killed recording leaves of its browser is in one folder for this user only, and the next recording removes it',
  { skip },
  async () => {
    const temp = join(folder, 'temp');
    mkdirSync(temp);
    const start = (data: string) =>
      startCommand(['record', appUrl, '--data', join(folder, data), '--headless', '--log-level', 'error'], { TMPDIR: temp });
    const folders = (): string[] => readdirSync(temp).filter((name) => /^(stepwright-record|playwright)/.test(name));
    const killed = start('killed');
    await killed.until(/live +http/);
    const [left = '', ...others] = folders();
    assert.deepEqual([left.split('-', 3).join('-'), others], [`stepwright-record-${killed.child.pid}`, []]);
    assert.equal(statSync(join(temp, left)).mode & 0o777, 0o700);
    assert.ok(readdirSync(join(temp, left)).some((name) => name.includes('profile')));
    await killed.stop('SIGKILL');
    assert.deepEqual(folders(), [left]);
    const next = start('next');
    await next.until(/live +http/);
    assert.match(folders().join(), new RegExp(`^stepwright-record-${next.child.pid}-\\w+$`));
    assert.equal(await next.stop('SIGINT'), 0);
    assert.deepEqual(folders(), []);
  },
);

test('without a browser the command says what to install and which option names one, before it makes a folder', async () => {
  const context: CommandContext = { env: { PATH: folder }, stdout: () => {}, stderr: () => {}, stopped: new AbortController().signal };
  const command = createRecordCommand({ prepareBrowser, terminal: () => process.stdin });
  const refusal = command.start(['example.com', '--browser', '/nowhere/chromium'], context, []);
  await assert.rejects(
    refusal,
    (error) => hasCode(error, 'BROWSER_NOT_FOUND') && /Chrom/.test(error.message) && error.message.includes('--browser'),
  );
});

test('a server without a token, a token without a server, and a folder beside a server are refused by name', async () => {
  const context: CommandContext = { env: {}, stdout: () => {}, stderr: () => {}, stopped: new AbortController().signal };
  const command = createRecordCommand({ prepareBrowser, terminal: () => process.stdin });
  for (const [args, flag] of [
    [['--server', 'http://127.0.0.1:1'], '--token'],
    [['--token', 'x'], '--token'],
    [['--server', 'http://127.0.0.1:1', '--token', 'x', '--data', 'd'], '--data'],
    [['--server', 'nonsense', '--token', 'x'], '--server'],
  ] as const)
    await assert.rejects(
      async () => command.start(['example.com', ...args], context, []),
      (error) => hasCode(error, 'CONFIG_INVALID') && error.message.includes(flag),
    );
});
