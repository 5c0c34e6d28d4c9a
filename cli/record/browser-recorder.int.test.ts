import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chromium, type Page } from 'playwright-core';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { stepsOf } from '../../processors/test-support/gestures.ts';
import { createBrowserRecorder } from './browser-recorder.ts';
import { browserFlags, findBrowser } from './find-browser.ts';

const executablePath = findBrowser(process.env['PATH'] ?? '');
const skip = executablePath === undefined ? 'no Chromium on this machine' : false;
const captureScript = readFileSync(new URL('../../agent/capture/inject.bundle.js', import.meta.url), 'utf8');
const html = (path: string): string => `<!doctype html><title>Page ${path}</title><a href="/b">to b</a>
<button id="push" onclick="history.pushState(1, '', '/spa')">push</button><button id="again" onclick="location.reload()">again</button>
<button id="back" onclick="history.back()">to list</button><label>Volume <input id="volume" type="range" style="width:200px"></label>`;

/** Waits until so many navigations were recorded: a person looks at a page before leaving it. */
type Heard = (navigationCount: number) => Promise<void>;

/** What was recorded of what `act` did on a small site, which it finds open at /a. */
async function recorded(act: (page: Page, heard: Heard) => Promise<void>): Promise<CaptureEvent[]> {
  const browser = await chromium.launch({ executablePath: executablePath ?? '', args: browserFlags(process.getuid?.() === 0) });
  try {
    const context = await browser.newContext({ viewport: { width: 800, height: 500 } });
    await context.route('http://app.test/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: html(new URL(route.request().url()).pathname) }),
    );
    const events: CaptureEvent[] = [];
    const waiting = new Set<() => void>();
    const heard: Heard = (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (events.filter(({ kind }) => kind === 'navigation').length >= count) resolve();
        };
        waiting.add(look);
        look();
      });
    const recorder = await createBrowserRecorder({
      context,
      captureScript,
      target: {
        event: (event) => {
          events.push(event);
          for (const look of waiting) look();
        },
        screenshot: () => undefined,
      },
    });
    const page = await context.newPage();
    await page.goto('http://app.test/a');
    await heard(1);
    await act(page, heard);
    await recorder.finish();
    return events;
  } finally {
    await browser.close();
  }
}

test("a navigation's cause tells a link, the browser's own buttons and the page's script apart", { skip }, async () => {
  const events = await recorded(async (page, heard) => {
    const acts = [
      () => page.click('a'),
      () => page.goBack(),
      () => page.goForward(),
      () => page.reload(),
      () => page.click('#again'),
      () => page.click('#push'),
      () => page.goBack(),
    ];
    for (const [index, act] of acts.entries()) {
      await act();
      await heard(index + 2);
    }
  });
  const causes = events.flatMap(({ navigation }) => (navigation === undefined ? [] : [navigation.cause]));
  assert.deepEqual(causes, ['typed', 'link', 'back', 'forward', 'reload', 'script', 'spa', 'back']);
});

test('a click on the track of a slider is one step that sets it', { skip }, async () => {
  const events = await recorded((page) => page.click('#volume', { position: { x: 150, y: 8 } }));
  const actions = events.filter(({ kind }) => !kind.startsWith('session') && kind !== 'screenshot');
  const steps = stepsOf(actions.map(({ seq: _seq, ...event }) => event));
  assert.match(steps.join('; '), /^navigate Page \/a; type Volume = 7\d$/);
});
