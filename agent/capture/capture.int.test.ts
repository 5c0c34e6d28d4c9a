import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { browserFlags, findBrowser } from '../../cli/record/find-browser.ts';
import type { PageMessage } from './message.ts';

const executablePath = findBrowser(process.env['PATH'] ?? '');
const skip = executablePath === undefined ? 'no Chromium on this machine' : false;
const bundle = readFileSync(new URL('./inject.bundle.js', import.meta.url), 'utf8');
const html = readFileSync(new URL('../../../agent/capture/testdata/page.html', import.meta.url), 'utf8');
const canary = 'Zq7Xw93LpTnV5sRkB2mYc8Jd';

let browser: Browser;
before(async () => {
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: browserFlags(process.getuid?.() === 0) });
});
after(async () => {
  if (executablePath !== undefined) await browser.close();
});

interface Recorded {
  readonly page: Page;
  readonly messages: PageMessage[];
  /** Waits until the page has handled what was done so far. */
  settle(): Promise<void>;
}

async function record(): Promise<Recorded> {
  const context = await browser.newContext({ viewport: { width: 900, height: 900 } });
  const messages: PageMessage[] = [];
  await context.exposeBinding('__stepwright_emit', (_source, message: PageMessage) => void messages.push(message));
  await context.addInitScript({ content: bundle });
  await context.route('http://app.test/', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  const page = await context.newPage();
  await page.goto('http://app.test/');
  return {
    page,
    messages,
    settle: async () => {
      await page.locator('h1').click({ force: true }); // takes the focus away, so typing is reported
      await page.waitForFunction(() => document.activeElement === document.body);
    },
  };
}

const of = (messages: readonly PageMessage[], kind: string) =>
  messages.filter(({ event }) => event.kind === kind).map(({ event }) => event);

test('a click is recorded with the name, role and place that the element had at pointerdown', { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.locator('#icon').click();
  await page.locator('#save').click();
  await page.locator('#bin').click();
  await settle();
  const [icon, save, bin] = of(messages, 'click');
  assert.equal(bin?.target?.name, 'Bin', 'a control that shows only a picture is named by it');
  assert.equal(icon?.target?.name, 'Delete invoice', 'the page renamed the button in its click handler');
  assert.equal(save?.target?.name, 'Save changes', 'a decorating picture adds nothing');
  assert.equal(save?.target?.role, 'button');
  assert.equal(save?.target?.context, 'Account');
  const box = await page.locator('#save').boundingBox();
  assert.ok(
    box !== null && Math.abs((save?.target?.rect?.x ?? -99) - box.x) <= 1 && Math.abs((save?.target?.rect?.width ?? -99) - box.width) <= 2,
  );
  await page.context().close();
});

test('one press on a label is one click on its control, and the change says what became of it', { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.getByText('I agree to the').click();
  await page.getByText('Team').click();
  await settle();
  const clicks = of(messages, 'click').slice(0, 2);
  assert.deepEqual(
    clicks.map((event) => [event.target?.role, event.target?.name]),
    [
      ['checkbox', 'I agree to the terms'],
      ['radio', 'Team'],
    ],
  );
  const changes = of(messages, 'change');
  assert.deepEqual(
    changes.map((event) => event.input?.checked),
    [true, true],
  );
  assert.equal(changes[1]?.target?.context, 'Plan');
  await page.context().close();
});

test('typing is a few reports of the whole value; a select reports the label of its choice', { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.locator('#name').pressSequentially('Ada Lovelace');
  await page.locator('#cabin').focus();
  await page.keyboard.press('ArrowDown'); // a script's choice would not be trusted
  await page.locator('#editor').click();
  await page.keyboard.type('Dear all ');
  await settle();
  const inputs = of(messages, 'input');
  const name = inputs.filter((event) => event.target?.name === 'Full name');
  assert.equal(name.at(-1)?.input?.text, 'Ada Lovelace');
  assert.ok(name.length < 6, `${name.length} reports`);
  assert.equal(of(messages, 'change').find((event) => event.target?.role === 'combobox')?.input?.text, 'First class');
  assert.ok(inputs.some((event) => event.target?.name === 'Message body' && (event.input?.text ?? '').includes('Dear all')));
  await page.context().close();
});

test(
  'C1: of protected fields no value, no length and no key leaves the page, also when the page shows the password',
  { skip },
  async () => {
    const { page, messages, settle } = await record();
    await page.locator('#pw').pressSequentially(canary);
    await page.locator('#show').click();
    await page.locator('#pw').pressSequentially(canary);
    await page.locator('#pw').press('Enter');
    for (const id of ['#card', '#note']) await page.locator(id).pressSequentially(canary);
    await page.frameLocator('#frame').locator('#pin').pressSequentially(canary);
    await page.locator('#deep').pressSequentially(canary);
    await page.locator('#deep').press('Control+A');
    await settle();
    const text = JSON.stringify(messages);
    assert.ok(!text.includes(canary) && !text.includes(canary.slice(0, 6)));
    assert.deepEqual(of(messages, 'key.down'), []);
    const secrets = of(messages, 'input').filter((event) => event.input?.valueClass === 'secret');
    assert.ok(secrets.length >= 5);
    assert.ok(secrets.every((event) => event.target?.protected === true && event.input?.text === undefined));
    await page.context().close();
  },
);

test('C2: a shot carries the masks of protected fields in this frame, in frames inside it and in shadow roots', { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.locator('#save').click();
  await settle();
  const masks = messages.find(({ event }) => event.kind === 'pointer.down')?.shot?.timeline.at(-1)?.rects ?? [];
  const holders = ['#pw', '#card', '[data-stepwright-protect]', '#deep'].map((selector) => page.locator(selector));
  holders.push(page.frameLocator('#frame').locator('#pin'));
  for (const holder of holders) {
    const box = await holder.boundingBox();
    assert.ok(box !== null);
    const covers = masks.some(
      (mask) =>
        mask.x <= box.x + 1 &&
        mask.y <= box.y + 1 &&
        mask.x + mask.width >= box.x + box.width - 1 &&
        mask.y + mask.height >= box.y + box.height - 1,
    );
    assert.ok(covers, `${holder.toString()} is masked`);
  }
  await page.context().close();
});

test('keys that act and shortcuts are recorded, text keys are not; a click made by a key is not a click', { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.locator('#comment').pressSequentially('ab');
  await page.keyboard.press('Control+b');
  await page.locator('#save').focus();
  await page.keyboard.press('Enter');
  await settle();
  assert.deepEqual(
    of(messages, 'key.down').map((event) => [event.key?.key, event.key?.modifiers ?? []]),
    [
      ['b', ['Control']],
      ['Enter', []],
    ],
  );
  assert.equal(of(messages, 'click').length, 1, 'only the click that took the focus away');
  assert.equal(of(messages, 'submit').length, 1);
  await page.context().close();
});

test('a drag from 30 pixels is a drag; a double click counts; shadow roots and frames are seen', { skip }, async () => {
  const { page, messages, settle } = await record();
  const box = await page.locator('#dragme').boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + 5, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + 120, box.y + 5, { steps: 4 });
  await page.mouse.up();
  await page.locator('#dragme').dblclick();
  await page.getByText('Shadow action').click();
  await page.frameLocator('#frame').locator('#inner').pressSequentially('in');
  await settle();
  assert.equal(of(messages, 'drag')[0]?.target?.name, 'Card A');
  assert.ok(of(messages, 'click').some((event) => event.pointer?.clickCount === 2 && event.target?.name === 'Card A'));
  assert.ok(of(messages, 'click').some((event) => event.target?.name === 'Shadow action' && event.target.role === 'button'));
  const inner = of(messages, 'input').find((event) => event.target?.name === 'Inner');
  assert.equal(inner?.input?.text, 'in');
  assert.equal(inner?.page?.framePath, '0');
  await page.context().close();
});

test('events that a script dispatches are not recorded, and nothing is after stop', { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.evaluate(() => document.querySelector<HTMLElement>('#save')?.click());
  await page.mouse.wheel(0, 300);
  await settle();
  assert.equal(of(messages, 'click').filter((event) => event.target?.role === 'button').length, 0);
  assert.equal(of(messages, 'scroll').length, 0);
  await page.evaluate(() => window.__stepwright_capture?.stop());
  const before = messages.length;
  await page.locator('#save').click();
  assert.equal(messages.length, before);
  await page.context().close();
});

test("a press on what goes away under it, and a drop of the browser's own drag, are told", { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.locator('#goes').click({ noWaitAfter: true });
  const closes = await page.locator('#closes').boundingBox();
  assert.ok(closes !== null);
  await page.mouse.click(closes.x + 5, closes.y + 5);
  await page.locator('#movable').dragTo(page.locator('#lane'));
  await settle();
  assert.deepEqual(
    of(messages, 'pointer.up').map((event) => event.target?.name),
    ['Goes away', 'Closes the menu'],
  );
  const [drag] = of(messages, 'drag');
  const lane = await page.locator('#lane').boundingBox();
  assert.equal(drag?.target?.name, 'Card B');
  assert.ok(lane !== null && drag?.drag !== undefined && drag.drag.y >= lane.y && drag.drag.y <= lane.y + lane.height);
  await page.context().close();
});

test(
  "an element is not said to be in a heading of another part of the page; a picture's alternative is not said twice, a menu's keys not at all",
  { skip },
  async () => {
    const { page, messages, settle } = await record();
    await page.evaluate(() => {
      document.body.innerHTML = `<div role="region" aria-label="Notes"><h1>Orders of today</h1><p><button>Inside</button></p></div>
      <button>Outside</button><button><img alt="Python 3" src="data:,"> Python 3</button><button>Share <img alt="by mail" src="data:,"></button>
      <button role="menuitem">Rename <i>F2</i></button><button role="menuitem">Save all <i>Ctrl+Shift+S</i></button><button role="menuitem">Plan B</button>`;
    });
    for (const button of await page.locator('button').all()) await button.click();
    await settle();
    const clicks = of(messages, 'click').map((event) => [event.target?.name, event.target?.context]);
    assert.deepEqual(clicks.slice(0, 7), [
      ['Inside', 'Notes'],
      ['Outside', undefined],
      ['Python 3', undefined],
      ['Share by mail', undefined],
      ['Rename', undefined],
      ['Save all', undefined],
      ['Plan B', undefined],
    ]);
    await page.context().close();
  },
);

test('a control without a name is not given that of the group around it, nor one of its identifiers', { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.locator('#nameless').click();
  await settle();
  const [click] = of(messages, 'click');
  assert.deepEqual([click?.target?.name, click?.target?.nameSource, click?.target?.context], ['', 'none', 'Tools']);
  await page.context().close();
});

test('a suggestion that a key chose is told: the option the field points at, else what the field then says', { skip }, async () => {
  const { page, messages, settle } = await record();
  await page.locator('#city').pressSequentially('par');
  await page.keyboard.press('Enter');
  await page.locator('#country').pressSequentially('port');
  await page.keyboard.press('Enter');
  await page.locator('#name').pressSequentially('Ada');
  await page.keyboard.press('Tab');
  await settle();
  const told = messages.map(({ event }) => event).filter(({ kind, key }) => kind === 'change' || key?.key === 'Enter');
  const afterEnter = (name: string) => {
    const at = told.findIndex(({ kind, target }) => kind === 'key.down' && target?.name === name);
    return [told[at + 1]?.target?.name, told[at + 1]?.input];
  };
  assert.deepEqual(afterEnter('City'), ['City', { valueClass: 'choice', text: 'Paris France' }]);
  assert.deepEqual(afterEnter('Country'), ['Country', { valueClass: 'text', text: 'Portugal' }]);
  assert.equal(of(messages, 'change').filter((event) => event.target?.name === 'Full name').length, 1, 'Tab chose nothing');
  await page.context().close();
});
