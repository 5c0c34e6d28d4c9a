import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { GuideStep } from '../schemas/types/guide.ts';
import { serveDemo, testBrowser } from './test-support/served-demo.ts';

const browser = testBrowser(process.env);

interface Steps {
  readonly steps: readonly Pick<GuideStep, 'stepId' | 'title'>[];
}

const shownSteps = (page: Page): Promise<{ stepId: string | undefined; title: string | null | undefined }[]> =>
  page.locator('.step').evaluateAll((cards) =>
    cards.map((card) => ({
      stepId: card instanceof HTMLElement ? card.dataset['stepId'] : undefined,
      title: card.querySelector('h2 > span:last-child')?.textContent,
    })),
  );

function promised(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}

test(
  'watchers who come early, come late or are cut off in between end with the steps of the API, each once and in order',
  { skip: browser.skip, timeout: 120_000 },
  async () => {
    const demo = await serveDemo(browser.path);
    try {
      const path = `/live/${demo.sessionId}`;
      const reached = { begun: promised(), cut: promised(), late: promised(), back: promised() };
      const playing = demo.play(8, (sentCount, totalCount) => {
        const share = sentCount / totalCount;
        reached.begun.resolve();
        if (share > 0.3) reached.cut.resolve();
        if (share > 0.5) reached.late.resolve();
        if (share > 0.7) reached.back.resolve();
      });
      await reached.begun.promise;
      const early = await demo.open(path);
      const broken = await demo.open(path);
      await broken.page.locator('.step').first().waitFor();
      await reached.cut.promise;
      await broken.cutOff();
      await broken.page.locator('body[data-offline]').waitFor();
      const countAtCut = (await shownSteps(broken.page)).length;
      await reached.late.promise;
      const late = await demo.open(path);
      await reached.back.promise;
      assert.equal((await shownSteps(broken.page)).length, countAtCut, 'nothing comes while it is cut off');
      await broken.bringBack();
      await playing;
      const watchers = [early.page, late.page, broken.page];
      await Promise.all(watchers.map((page) => page.getByText('open the finished guide').waitFor()));
      const { steps } = await demo.readApi<Steps>(`/v1/sessions/${demo.sessionId}/steps`);
      const expected = steps.map(({ stepId, title }) => ({ stepId, title }));
      assert.ok(expected.length >= 15, `${expected.length} steps`);
      for (const page of watchers) assert.deepEqual(await shownSteps(page), expected);
      assert.equal(await broken.page.locator('.step h2 .number').last().textContent(), String(expected.length));
    } finally {
      await demo.close();
    }
  },
);
