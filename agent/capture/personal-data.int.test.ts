import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { browserFlags, findBrowser } from '../../cli/record/find-browser.ts';
import type { PageMessage } from './message.ts';

const executablePath = findBrowser(process.env['PATH'] ?? '');
const skip = executablePath === undefined ? 'no Chromium on this machine' : false;
const bundle = readFileSync(new URL('./inject.bundle.js', import.meta.url), 'utf8');

const html = `<!doctype html><title>Members</title><body style="margin:0;font:16px monospace">
<input id="mail" value="ada@example.com" style="position:absolute;left:20px;top:20px;width:300px">
<p id="text" style="position:absolute;left:20px;top:80px;margin:0">Contact: <b>grace@example.com</b> or order 1234567890123</p>
<input id="plain" value="Support team" style="position:absolute;left:20px;top:140px;width:300px">
<p style="position:absolute;top:4000px">far@example.com</p><button id="go" style="position:absolute;left:20px;top:200px">Go</button>
<iframe srcdoc="<p id='in' style='margin:0;font:16px monospace'>inner@example.com</p>" style="position:absolute;left:400px;top:20px;border:0"></iframe>`;

test(
  'C2: personal data that the page shows is masked where it stands, in fields, text and frames; the rest is left to see',
  { skip },
  async () => {
    const browser = await chromium.launch({ executablePath: executablePath ?? '', args: browserFlags(process.getuid?.() === 0) });
    const messages: PageMessage[] = [];
    const context = await browser.newContext({ viewport: { width: 900, height: 600 } });
    await context.exposeBinding('__stepwright_emit', (_source, message: PageMessage) => void messages.push(message));
    await context.addInitScript({ content: bundle });
    await context.route('http://app.test/', (route) => route.fulfill({ contentType: 'text/html', body: html }));
    const page = await context.newPage();
    await page.goto('http://app.test/');
    await page.frameLocator('iframe').locator('#in').waitFor();
    await page.locator('#go').click();
    const masks = messages.find(({ shot }) => shot !== undefined)?.shot?.timeline.at(-1)?.rects ?? [];
    const covers = async (selector: string): Promise<boolean> => {
      const target = selector === '#in' ? page.frameLocator('iframe').locator('#in') : page.locator(selector);
      const box = await target.boundingBox();
      assert.ok(box !== null);
      return masks.some(
        (mask) => mask.x <= box.x + 1 && mask.y <= box.y + 1 && mask.y + mask.height >= box.y + box.height - 1 && mask.width > 100,
      );
    };
    assert.deepEqual([await covers('#mail'), await covers('#text b'), await covers('#in')], [true, true, true]);
    assert.equal(masks.length, 3, 'neither the plain field, nor the order number, nor what is out of view');
    await page.mouse.wheel(0, 60);
    await page.waitForFunction(() => scrollY === 60);
    await page.waitForTimeout(500);
    await page.locator('#go').click();
    const later =
      messages
        .filter(({ shot }) => shot !== undefined)
        .at(-1)
        ?.shot?.timeline.at(-1)?.rects ?? [];
    assert.ok(
      later.some((mask) => mask.y <= 21 && mask.y + mask.height > 21 && mask.x < 200),
      'the mask goes with the page',
    );
    await browser.close();
  },
);
