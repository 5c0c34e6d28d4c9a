import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Rect } from '../../schemas/types/capture-event.ts';
import { browserFlags, findBrowser } from '../../cli/record/find-browser.ts';

const executablePath = findBrowser(process.env['PATH'] ?? '');
const skip = executablePath === undefined ? 'no Chromium on this machine' : false;
const bundle = readFileSync(new URL('./inject.bundle.js', import.meta.url), 'utf8');

let browser: Browser;
before(async () => {
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: browserFlags(process.getuid?.() === 0) });
});
after(async () => {
  if (executablePath !== undefined) await browser.close();
});

async function open(body: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 600 } });
  await context.exposeBinding('__stepwright_emit', () => undefined);
  await context.addInitScript({ content: bundle });
  const html = `<!doctype html><title>Members</title><body style="margin:0;font:16px monospace">${body}`;
  await context.route('http://app.test/', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  const page = await context.newPage();
  await page.goto('http://app.test/');
  return page;
}

/** Changes the page and asks at once, in one task: nothing has been told of the change by then. */
const changeAndAsk = (page: Page, change: string): Promise<Rect[]> =>
  page.evaluate<Rect[]>(`(() => { ${change}; return window.__stepwright_capture.maskRects(); })()`);

test('P1: a look-up right after a change knows of it, whatever it was', { skip }, async () => {
  const page = await open(
    '<p id="a">nobody</p><input id="f" style="position:absolute;top:100px"><div id="h" style="margin-top:150px"></div><div id="g"></div>',
  );
  const changes: readonly (readonly [string, number])[] = [
    ['a.firstChild.nodeValue = "ada@example.com"', 1],
    ['f.value = "grace@example.com"', 2],
    ['h.innerHTML = "<i>alan@example.com</i>"', 3],
    ['h.append(h.firstChild)', 3],
    ['g.attachShadow({ mode: "open" }).innerHTML = "<b>joan@example.com</b>"', 4],
    ['g.shadowRoot.firstChild.firstChild.nodeValue = "radia@example.com"', 4],
    ['document.body.insertAdjacentHTML("beforeend", "<iframe id=i></iframe>"); i.contentDocument.body.textContent = "mary@example.com"', 5],
    ['a.firstChild.nodeValue = "nobody"', 4],
    ['h.firstChild.remove()', 3],
    ['i.remove()', 2],
    ['f.value = ""', 1],
    ['g.setAttribute("data-private", "")', 2],
    ['g.removeAttribute("data-private"); f.autocomplete = "one-time-code"', 2],
    ['f.autocomplete = "on"', 1],
  ];
  for (const [change, count] of changes) {
    const masks = await changeAndAsk(page, change);
    assert.equal(masks.length, count, `${change}: ${JSON.stringify(masks)}`);
  }
  await page.context().close();
});

test('a closed list that shows personal data is masked; one that holds it and shows something else is not', { skip }, async () => {
  const page = await open('<select id="s"><option>Nobody</option><option>ada@example.com</option></select>');
  assert.equal((await changeAndAsk(page, '')).length, 0);
  const [mask] = await changeAndAsk(page, 's.selectedIndex = 1');
  const box = await page.locator('#s').boundingBox();
  assert.ok(mask !== undefined && box !== null && mask.width >= box.width - 1);
  await page.context().close();
});

test('N1: a text that comes into view by any way is masked in the first picture that shows it', { skip }, async () => {
  const far = '<div style="height:5000px"></div><p id="far">far@example.com</p><div style="height:5000px"></div>';
  const page = await open(
    `${far}<div id="c" style="display:contents">boxless@example.com</div><div id="o" style="height:1px;overflow:visible"></div>`,
  );
  const painted = 'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))';
  const shows = async (change: string): Promise<boolean> => {
    await page.evaluate(`(() => { ${change}; return ${painted}; })()`);
    return (await changeAndAsk(page, '')).length === 1;
  };
  assert.equal(await shows(''), false, 'out of view');
  for (const [change, way] of [
    ['scrollTo(0, 4900)', 'by scrolling'],
    ['scrollTo(0, 0); far.style.cssText = "position:fixed;top:10px"', 'by position'],
    ['far.style.cssText = ""; far.previousElementSibling.style.height = "10px"', 'by layout'],
    ['scrollTo(0, 1e9)', 'without a box of its own'],
  ] as const)
    assert.equal(await shows(change), true, way);
  await page.evaluate(() => {
    document.body.innerHTML = `<div id="tall" style="height:1px">${'line<br>'.repeat(400)}deep@example.com</div><div style="height:9000px"></div>`;
  });
  assert.equal(await shows('scrollTo(0, tall.scrollHeight - 300)'), true, 'a text that runs out of its box');
  await page.context().close();
});

/**
 * The oracle reads the whole page anew. Every change is followed by a look-up in the same task, and now and then a frame is painted, so that answers come from
 * every mixture of what is known and what is not.
 */
async function storm(turnCount: number): Promise<{ readonly covered: number; readonly missed: string[] }> {
  let state = 7;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const rootsIn = (root: Document | ShadowRoot): (Document | ShadowRoot)[] => [
    root,
    ...[...root.querySelectorAll('*')].flatMap((element) => (element.shadowRoot === null ? [] : rootsIn(element.shadowRoot))),
  ];
  const shown = (): DOMRect[] =>
    rootsIn(document).flatMap((root) => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const rects: DOMRect[] = [];
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        if (!/@example\.com/.test(node.nodeValue ?? '')) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        rects.push(...range.getClientRects());
      }
      return rects.filter((rect) => rect.bottom > 0 && rect.top < innerHeight && rect.right > 0 && rect.left < innerWidth);
    });
  const rows = document.querySelector('main')?.children ?? [];
  const changes: readonly ((row: Element) => unknown)[] = [
    (row) => (row.innerHTML = `<b>new${random(1e6)}@example.com</b>`),
    (row) => (row.textContent = 'plain'),
    (row) => row.after(...[...rows].slice(0, 3)),
    (row) => row.appendChild(document.createTextNode(`late${random(1e6)}@example.com`)),
    (row) => row.remove(),
    (row) => row.before(row.cloneNode(true)),
    (row) => {
      const host = document.createElement('span');
      host.attachShadow({ mode: 'open' }).textContent = `shadow${random(1e6)}@example.com`;
      row.replaceChildren(host);
    },
  ];
  const missed: string[] = [];
  let covered = 0;
  const turn = (): void => {
    for (let count = 0; count < 30; count += 1) {
      const row = rows[random(rows.length)];
      if (row !== undefined) changes[random(changes.length)]?.(row);
    }
    const masks = window.__stepwright_capture?.maskRects() ?? [];
    for (const rect of shown()) {
      const isCovered = masks.some(
        (mask) =>
          mask.x <= rect.left + 1 &&
          mask.x + mask.width >= rect.right - 1 &&
          mask.y <= rect.top + 1 &&
          mask.y + mask.height >= rect.bottom - 1,
      );
      if (isCovered) covered += 1;
      else missed.push(JSON.stringify(rect));
    }
  };
  const painted = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
  for (let count = 0; count < turnCount; count += 1) {
    turn();
    // What is scrolled to is in no picture before it is painted.
    scrollTo(0, random(document.documentElement.scrollHeight));
    if (count % 2 === 0) await painted();
    else scrollBy(0, 100 - random(200));
    await painted();
  }
  return { covered, missed };
}

test('in a storm of changes on 10,000 elements every personal text in view is masked at every look', { skip }, async () => {
  const row = (index: number): string => `<div><span>Row ${index}</span> <b>person${index}@example.com</b> <i>open</i> <u>paid</u></div>`;
  const page = await open(`<main>${Array.from({ length: 2_000 }, (_, index) => row(index)).join('')}</main>`);
  assert.ok((await page.evaluate(() => document.querySelectorAll('*').length)) > 10_000);
  const { covered, missed } = await page.evaluate(storm, 30);
  assert.deepEqual(missed.slice(0, 3), []);
  assert.ok(covered > 500, `${covered} texts were in view`);
  await page.context().close();
});
