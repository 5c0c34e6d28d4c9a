/**
 * Takes the pictures of the README from the bundled recording: `node dist/cli/demo/recorder/pictures.js [--out docs/images]`. Plays it through a platform on a
 * temporary folder and photographs the live page half way and the finished guide, 1,200 pixels wide.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { startServer } from '../../platform/server.ts';
import { browserFlags, findBrowser } from '../../record/find-browser.ts';
import { playDemo } from '../../start/demo-player.ts';
import { packageVersion } from '../../version.ts';

const maxBytes = 200_000;
const { values } = parseArgs({ options: { out: { type: 'string', default: 'docs/images' } } });
const data = mkdtempSync(join(tmpdir(), 'stepwright-pictures-'));
const server = await startServer({
  data,
  host: '127.0.0.1',
  port: 0,
  allowOrigins: [],
  partitions: 1,
  commitIntervalMs: 50,
  stateBudgetBytes: 32 << 20,
  logSync: 'never',
  logLevel: 'error',
  analytics: false,
  version: packageVersion(),
});
const executablePath = findBrowser(process.env['PATH'] ?? '', process.env['STEPWRIGHT_BROWSER']);
if (executablePath === undefined) throw new Error('no Chromium on this machine');
const browser = await chromium.launch({ executablePath, args: browserFlags(process.getuid?.() === 0) });
try {
  const token = server.tokens.mint({ tenantId: 'local', role: 'admin', operator: true });
  const page = await browser.newPage({ viewport: { width: 1_200, height: 800 }, colorScheme: 'light' });
  let takingLive: Promise<void> | undefined;
  await page.goto(`${server.url}/?token=${token}`);
  await playDemo({
    folder: fileURLToPath(new URL('../../../../cli/demo/recording', import.meta.url)),
    baseUrl: server.url,
    token,
    sessionId: 'pictured',
    pace: 4,
    stopped: new AbortController().signal,
    onProgress: (sentCount, totalCount) => {
      if (sentCount > totalCount * 0.6) takingLive ??= takeLive(page, `${server.url}/live/pictured`);
    },
  });
  await takingLive;
  await page.goto(`${server.url}/live/pictured`);
  await page.getByText('open the finished guide').click();
  await page.locator('.step').first().waitFor();
  await picture(page, 'guide.png');
} finally {
  await browser.close();
  // The platform's own timers do not keep a process up.
  const up = setInterval(() => undefined, 1_000);
  await server.close();
  clearInterval(up);
  rmSync(data, { recursive: true, force: true });
}

async function takeLive(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('.step').nth(4).waitFor();
  await page.evaluate(() => scrollTo({ top: 0 }));
  await picture(page, 'live.png');
}

async function picture(page: Page, name: string): Promise<void> {
  await page.waitForFunction(() =>
    [...document.images]
      .filter((image) => image.getBoundingClientRect().top < innerHeight)
      .every((image) => image.complete && image.naturalWidth > 0),
  );
  const path = join(values.out, name);
  await page.screenshot({ path, animations: 'disabled' });
  const { size } = statSync(path);
  if (size > maxBytes) throw new Error(`${path} has ${size} bytes, more than ${maxBytes}`);
  process.stdout.write(`${path}: ${size} bytes\n`);
}
