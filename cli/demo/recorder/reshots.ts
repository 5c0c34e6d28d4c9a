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
  if (await focusQuietly(page)) await save('caret');
  const control = await inView(page, 'a, button');
  if (control !== undefined) {
    await page.mouse.move(control.x, control.y);
    await save('hover');
  }
}

/** Puts the caret into a field without scrolling and without a focus ring: only the caret may differ. */
function focusQuietly(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const field = [...document.querySelectorAll<HTMLElement>('input[type=text], input[type=search], textarea')].find((one) =>
      one.checkVisibility(),
    );
    if (field === undefined) return false;
    field.style.outline = 'none';
    field.style.transition = 'none';
    const { borderColor } = getComputedStyle(field);
    field.focus({ preventScroll: true });
    field.style.borderColor = borderColor;
    return true;
  });
}

/** Middle of the last control that stands in the viewport as it is. */
function inView(page: Page, selector: string): Promise<{ x: number; y: number } | undefined> {
  return page.evaluate((controls) => {
    const boxes = [...document.querySelectorAll(controls)].map((one) => one.getBoundingClientRect());
    const box = boxes.findLast(
      (one) => one.width > 0 && one.height > 0 && one.top >= 0 && one.bottom <= innerHeight && one.right <= innerWidth,
    );
    return box === undefined ? undefined : { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }, selector);
}

async function addClock(page: Page, time: string): Promise<void> {
  await page.evaluate((text) => {
    const clock = document.querySelector<HTMLElement>('#stepwright-clock') ?? document.body.appendChild(document.createElement('div'));
    clock.id = 'stepwright-clock';
    clock.style.cssText = 'position:fixed;right:8px;bottom:6px;font:12px monospace;color:#333;background:#eee;padding:2px 4px';
    clock.textContent = text;
  }, time);
}
