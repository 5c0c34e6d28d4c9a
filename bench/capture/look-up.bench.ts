/**
 * How long the recorder holds up a press on a large page: `node dist/bench/capture/look-up.bench.js [--presses 60]`.
 *
 * Measured in a headless Chromium, inside the page: the look-up of what a picture must cover, and the recorder's whole work for a trusted `pointerdown` (masks, name,
 * role, context, the message to its host), from the first listener to the last. On a page that stands still and on one that changes all the time; alone, and beside two
 * processes that keep the cores busy. Not measured: the page's own work, layout that a change of the page asks for anyway, the way to the host. Milliseconds.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { browserFlags, findBrowser } from '../../cli/record/find-browser.ts';
import { environment } from '../environment.ts';
import { largePage, largePageHtml, startStorm } from './large-page.ts';

declare global {
  interface Window {
    pressTimesMs?: number[];
  }
}

const { values } = parseArgs({ options: { presses: { type: 'string', default: '60' } } });
const pressCount = Number(values.presses);
const executablePath = findBrowser(process.env['PATH'] ?? '', process.env['STEPWRIGHT_BROWSER']);
if (executablePath === undefined) throw new Error('no Chromium on this machine');
const captureScript = readFileSync(new URL('../../agent/capture/inject.bundle.js', import.meta.url), 'utf8');

interface Times {
  readonly lookUpMs: Spread;
  readonly pressMs: Spread;
}

interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

async function openLargePage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1_200, height: 800 } });
  await context.exposeBinding('__stepwright_emit', () => undefined);
  const onPress = (edge: 'begin' | 'end'): string =>
    `addEventListener('pointerdown', () => { const now = performance.now(); ` +
    (edge === 'begin' ? 'window.pressBeganMs = now' : '(window.pressTimesMs ??= []).push(now - window.pressBeganMs)') +
    ` }, { capture: true });\n`;
  await context.addInitScript({ content: onPress('begin') + captureScript + onPress('end') });
  await context.route('http://app.test/', (route) => route.fulfill({ contentType: 'text/html', body: largePageHtml(largePage) }));
  const page = await context.newPage();
  await page.goto('http://app.test/');
  return page;
}

async function measure(browser: Browser, isStormy: boolean): Promise<Times> {
  const page = await openLargePage(browser);
  if (isStormy) await page.evaluate(startStorm);
  const lookUps: number[] = [];
  for (let press = 0; press < pressCount; press += 1) {
    await page.mouse.wheel(0, 120);
    await page.mouse.click(1_150, 30);
    const { timeMs, maskCount } = await page.evaluate(() => {
      const beganMs = performance.now();
      const masks = window.__stepwright_capture?.maskRects() ?? [];
      return { timeMs: performance.now() - beganMs, maskCount: masks.length };
    });
    assert.ok(maskCount >= 20 && maskCount < 100, `what is in view is covered: ${maskCount}`);
    lookUps.push(timeMs);
  }
  const presses = (await page.evaluate(() => window.pressTimesMs)) ?? [];
  assert.equal(presses.length, pressCount);
  await page.context().close();
  return { lookUpMs: spread(lookUps.slice(5)), pressMs: spread(presses.slice(5)) };
}

function spread(times: readonly number[]): Spread {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number): number => Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2));
  return { p50: at(0.5), p95: at(0.95), most: at(1) };
}

async function besideLoad<T>(work: () => Promise<T>): Promise<T> {
  const loads = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  try {
    return await work();
  } finally {
    for (const load of loads) load.kill('SIGKILL');
  }
}

const browser = await chromium.launch({ executablePath, args: browserFlags(process.getuid?.() === 0) });
try {
  const results = {
    still: await measure(browser, false),
    stormy: await measure(browser, true),
    stillBesideLoad: await besideLoad(() => measure(browser, false)),
    stormyBesideLoad: await besideLoad(() => measure(browser, true)),
  };
  console.log(JSON.stringify({ bench: 'capture look-up', ...environment(), page: largePage, pressCount, ...results }, undefined, 1));
} finally {
  await browser.close();
}
