import { readFileSync } from 'node:fs';
import { chromium, type Locator, type Page } from 'playwright-core';
import { Uploader } from '../../agent/sdk/uploader.ts';
import { createBrowserRecorder } from '../../cli/record/browser-recorder.ts';
import { browserFlags } from '../../cli/record/find-browser.ts';
import { createUploadTarget } from '../../cli/record/upload-target.ts';

export interface TypingOptions {
  readonly executablePath: string;
  readonly pageUrl: string;
  readonly canary: string;
  readonly baseUrl: string;
  readonly token: string;
  readonly sessionId: string;
  /** Called once, in the middle; the server may die in it. */
  readonly inTheMiddle: () => Promise<void>;
}

const captureScript = (): string => readFileSync(new URL('../../agent/capture/inject.bundle.js', import.meta.url), 'utf8');
const agent = { name: 'secrets-bench', version: '1' };

/** A person types the canary into every protected field of the page, with a click on a plain button after each, so that each state has its picture. */
export async function typeCanary(options: TypingOptions): Promise<void> {
  const { executablePath, baseUrl, token, sessionId, pageUrl, canary } = options;
  const browser = await chromium.launch({ executablePath, args: browserFlags(process.getuid?.() === 0) });
  const context = await browser.newContext({ viewport: { width: 900, height: 760 } });
  const uploader = new Uploader({ baseUrl, token, deviceId: 'bench', sessionId, title: 'Settle the account', agent, timeoutMs: 5_000 });
  await uploader.open();
  const recorder = await createBrowserRecorder({ context, captureScript: captureScript(), target: createUploadTarget(uploader) });
  const page = await context.newPage();
  await page.goto(pageUrl);
  const fields = protectedFields(page);
  const type = async (field: Locator): Promise<void> => {
    await field.click();
    await field.pressSequentially(canary, { delay: 2 });
    await page.locator('#save').click();
  };
  await page.locator('#name').pressSequentially('Ada Lovelace', { delay: 5 });
  for (const field of fields.slice(0, 4)) await type(field);
  await options.inTheMiddle();
  for (const field of fields.slice(4)) await type(field);
  await typeInTheClear(page, canary);
  await page.locator('#name').press('Enter');
  await recorder.finish();
  await uploader.finish();
  await browser.close();
}

function protectedFields(page: Page): readonly Locator[] {
  const inPage = ['#pw', '#card', '#otp', '#marked', '#turns', '#deep'].map((selector) => page.locator(selector));
  const [inner, outer] = [page.frameLocator('#inner'), page.frameLocator('#outer')];
  return [...inPage, inner.locator('#pin'), outer.locator('#bank')];
}

/** "Show password": the field is a text field now, its text on the screen, and it is still the password. */
async function typeInTheClear(page: Page, canary: string): Promise<void> {
  await page.locator('#show').click();
  await page.locator('#pw').fill('');
  await page.locator('#pw').pressSequentially(canary, { delay: 2 });
  await page.locator('#pw').press('Control+a');
  await page.locator('#save').click();
  await page.waitForTimeout(300);
  await page.locator('#show').click();
  await page.locator('#save').click();
}
