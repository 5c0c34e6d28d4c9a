import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';

/**
 * Pictures for the image tests. Each page is taken once, then again as a person's screen changes without the page changing: another caret phase,
 * the pointer over another control, a clock that ticks, a lossy encoder. Writes `<page>-<variant>.{png,jpg}` into `folder`, which is emptied first;
 * the page's name is what tells same from different.
 */
export async function takeReshots(context: BrowserContext, urls: readonly string[], folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const page = await context.newPage();
  for (const [index, url] of urls.entries()) {
    await page.goto(url, { waitUntil: 'networkidle' });
    await addClock(page, '10:41:07');
    await page.mouse.move(2, 590);
    await takeVariants(page, join(folder, `page${String(index).padStart(2, '0')}`));
  }
  await page.close();
}

async function takeVariants(page: Page, path: string): Promise<void> {
  const save = async (variant: string, type: 'png' | 'jpeg' = 'png'): Promise<void> => {
    const quality = type === 'jpeg' ? { quality: 82 } : {};
    const picture = await page.screenshot({ type, caret: 'initial', ...quality });
    writeFileSync(`${path}-${variant}.${type === 'png' ? 'png' : 'jpg'}`, picture);
  };
  await save('first');
  await save('noise', 'jpeg');
  await addClock(page, '10:41:19');
  await save('clock');
  const field = page.locator('input[type=text], input[type=search], textarea').first();
  if ((await field.count()) > 0) {
    await field.evaluate((element) => {
      element.style.outline = 'none';
      element.focus();
    });
    await save('caret');
  }
  const control = page.locator('a:visible, button:visible').last();
  if ((await control.count()) > 0) {
    await control.hover({ force: true });
    await save('hover');
  }
}

async function addClock(page: Page, time: string): Promise<void> {
  await page.evaluate((text) => {
    const clock = document.querySelector<HTMLElement>('#stepwright-clock') ?? document.body.appendChild(document.createElement('div'));
    clock.id = 'stepwright-clock';
    clock.style.cssText = 'position:fixed;right:8px;bottom:6px;font:12px monospace;color:#333;background:#eee;padding:2px 4px';
    clock.textContent = text;
  }, time);
}
