import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Guide } from '../schemas/types/guide.ts';
import { serveDemo, testBrowser, type ServedDemo } from './test-support/served-demo.ts';

const { path, skip } = testBrowser(process.env);
let demo: ServedDemo;
let guide: Pick<Guide, 'title' | 'steps'>;
before(async () => {
  if (skip !== false) return;
  demo = await serveDemo(path);
  await demo.play(1_000);
  guide = await finishedGuide();
});
after(async () => {
  if (skip === false) await demo.close();
});

async function finishedGuide(): Promise<typeof guide> {
  for (;;) {
    try {
      return await demo.readApi<typeof guide>(`/v1/guides/${demo.sessionId}`);
    } catch {
      await setTimeout(50); // it is not finished yet
    }
  }
}

test('the click is marked within 2 pixels of where it was, at any width', { skip }, async () => {
  for (const width of [1_200, 400]) {
    const { page, context } = await demo.open(`/guides/${demo.sessionId}`, { viewport: { width, height: 800 } });
    await page.locator('.step').first().waitFor();
    const clicked = guide.steps.filter((step) => step.image?.click !== undefined);
    assert.ok(clicked.length >= 5);
    for (const { stepId, image } of clicked) {
      const card = page.locator(`[data-step-id="${stepId}"]`);
      const [picture, mark] = [await card.locator('img').boundingBox(), await card.locator('.click').boundingBox()];
      assert.ok(picture !== null && mark !== null && image?.click !== undefined);
      const scale = picture.width / image.width;
      const off = Math.hypot(
        mark.x + mark.width / 2 - (picture.x + image.click.x * scale),
        mark.y + mark.height / 2 - (picture.y + image.click.y * scale),
      );
      assert.ok(off <= 2, `${stepId} at ${width} px is ${off.toFixed(1)} px off`);
    }
    await context.close();
  }
});

test('copying gives every step as text and as rich text', { skip }, async () => {
  const { page, context } = await demo.open(`/guides/${demo.sessionId}`, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByRole('button', { name: 'Copy to clipboard' }).click();
  await page.getByText('Copied').waitFor();
  const [plain, rich] = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const read = async (type: string): Promise<string> => (await item?.getType(type))?.text() ?? '';
    return [await read('text/plain'), await read('text/html')];
  });
  const lines = guide.steps.map((step, index) => `${index + 1}. ${step.title}`);
  assert.equal(plain, `${guide.title}\n\n${lines.join('\n')}\n`);
  for (const step of guide.steps) assert.ok(rich?.includes(step.title.replaceAll('&', '&amp;')), step.title);
  await context.close();
});

test('the print view holds the steps and no controls, and no step is torn in two', { skip }, async () => {
  const { page, context } = await demo.open(`/guides/${demo.sessionId}`);
  await page.locator('.step').first().waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.step:visible').count(), guide.steps.length);
  for (const selector of ['header.bar', '.toolbar']) assert.equal(await page.locator(selector).isVisible(), false, selector);
  assert.equal(
    await page
      .locator('.step')
      .first()
      .evaluate((step) => getComputedStyle(step).breakInside),
    'avoid',
  );
  await context.close();
});

test('a guide that is not there, and one that was deleted, say so in place', { skip }, async () => {
  const missing = await demo.open('/guides/nobody');
  await missing.page.getByRole('heading', { level: 1, name: 'There is no such guide' }).waitFor();
  await missing.context.close();
  const { page, context } = await demo.open(`/guides/${demo.sessionId}`);
  await page.locator('.step').first().waitFor();
  await demo.forget();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'This guide was deleted' }).waitFor();
  await context.close();
});
