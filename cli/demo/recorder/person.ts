import type { Locator, Page } from 'playwright-core';

/** Drives a page with the pauses and key strokes of a person, so that the recording has the rhythm of one. */
export interface Person {
  click(target: Locator): Promise<void>;
  doubleClick(target: Locator): Promise<void>;
  type(target: Locator, text: string): Promise<void>;
  press(key: string): Promise<void>;
  look(durationMs: number): Promise<void>;
}

export function createPerson(page: Page, randomBetween: (low: number, high: number) => number): Person {
  const look = (durationMs: number): Promise<void> => page.waitForTimeout(durationMs);
  const moveTo = async (target: Locator): Promise<void> => {
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    if (box === null) throw new Error(`nothing to see of ${target.toString()}`);
    await page.mouse.move(box.x + Math.min(box.width / 2, 60), box.y + box.height / 2, { steps: 8 });
    await look(randomBetween(150, 350));
  };
  const act = async (target: Locator, action: () => Promise<void>): Promise<void> => {
    await moveTo(target);
    await action();
    await page.waitForLoadState('networkidle');
    await look(randomBetween(500, 900));
  };
  const press = async (clickCount: number): Promise<void> => {
    for (let count = 1; count <= clickCount; count += 1) {
      await page.mouse.down({ clickCount: count });
      await page.mouse.up({ clickCount: count });
    }
  };
  return {
    look,
    click: (target) => act(target, () => press(1)),
    doubleClick: (target) => act(target, () => press(2)),
    type: async (target, text) => {
      await act(target, () => press(1));
      for (const character of text) await page.keyboard.type(character, { delay: randomBetween(30, 90) });
      await look(randomBetween(500, 800));
    },
    press: async (key) => {
      await page.keyboard.press(key);
      await page.waitForLoadState('networkidle');
      await look(randomBetween(500, 800));
    },
  };
}
