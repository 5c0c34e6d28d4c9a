import { tmpdir } from 'node:os';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { StepwrightError } from '../../topology/base/errors.ts';
import { browserFlags, findBrowser } from './find-browser.ts';
import { createProfileFolder, sweepProfileFolders } from './profile-folder.ts';

/** A Chromium in which a person records. */
export interface RecordingBrowser {
  /** What is opened here is recorded. */
  readonly context: BrowserContext;
  /** Opens an empty page of the context in a window of its own. */
  openWindow(): Promise<Page>;
  /** Opens a page that nobody records, in a window of its own. */
  openUnrecorded(url: string): Promise<Page>;
  isOpen(): boolean;
  /** Called once when the browser is gone, whoever ended it. */
  onClosed(listener: () => void): void;
  close(): Promise<void>;
}

export interface BrowserWishes {
  readonly browserPath: string | undefined;
  readonly headless: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Finds a browser and answers what starts it.
 * @throws {BROWSER_NOT_FOUND} when there is none. @throws {BROWSER_FAILED} when there is no display for its window.
 */
export function prepareBrowser({ browserPath, headless, env }: BrowserWishes): () => Promise<RecordingBrowser> {
  const executablePath = findBrowser(env['PATH'] ?? '', browserPath);
  if (executablePath === undefined) throw notFound(browserPath);
  if (!headless && process.platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY'])
    throw new StepwrightError(
      'BROWSER_FAILED',
      'there is no display to show a browser on (DISPLAY and WAYLAND_DISPLAY are not set): record where there is one, or add --headless',
    );
  return () => launch(executablePath, headless);
}

function notFound(browserPath: string | undefined): StepwrightError {
  const missing = browserPath === undefined ? 'there is no Chromium on this machine' : `there is no program at "${browserPath}"`;
  return new StepwrightError(
    'BROWSER_NOT_FOUND',
    `${missing}: install Chromium, Chrome, Edge or Brave (Debian and Ubuntu: apt install chromium; macOS: brew install --cask chromium), or name one with --browser PATH`,
  );
}

async function launch(executablePath: string, headless: boolean): Promise<RecordingBrowser> {
  sweepProfileFolders(tmpdir());
  const folder = createProfileFolder(tmpdir());
  try {
    const recording = await recordingBrowser(await launchIn(folder.path, executablePath, headless));
    // Without a listener the driver would answer the page's questions itself, before the person has seen them.
    if (!headless) recording.context.on('dialog', () => undefined);
    return { ...recording, close: () => recording.close().finally(() => folder.remove()) };
  } catch (error) {
    folder.remove();
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new StepwrightError('BROWSER_FAILED', `${executablePath} did not start: ${reason}`, { cause: error });
  }
}

const folderVariables = process.platform === 'win32' ? ['TEMP', 'TMP'] : ['TMPDIR'];

/**
 * The driver makes the browser's profile in the system's temporary folder and can be told of no other, so that is `folder` while it starts the browser. A
 * profile that is named to it is a persistent one, with a window of its own.
 */
async function launchIn(folder: string, executablePath: string, headless: boolean): Promise<Browser> {
  // The command itself answers Ctrl-C: it still has a recording to finish in this browser.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const args = browserFlags(process.getuid?.() === 0);
  const before = folderVariables.map((name) => [name, process.env[name]] as const);
  const env = { ...process.env };
  for (const name of folderVariables) process.env[name] = folder;
  try {
    return await chromium.launch({ executablePath, headless, args, env, ...signals });
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}

/** The same around a browser that runs already. */
export async function recordingBrowser(browser: Browser): Promise<RecordingBrowser> {
  const context = await browser.newContext({ viewport: null });
  return {
    context,
    openWindow: () => openWindow(browser, context),
    openUnrecorded: async (url) => {
      const page = await (await browser.newContext({ viewport: null })).newPage();
      await page.goto(url);
      return page;
    },
    isOpen: () => browser.isConnected(),
    onClosed: (listener) => void browser.once('disconnected', listener),
    close: () => browser.close(),
  };
}

const windowSize = { width: 1_280, height: 860 };

/** Beside a page that is open the browser would make a tab, and give a later window the size of the first. */
async function openWindow(browser: Browser, context: BrowserContext): Promise<Page> {
  const [standing] = context.pages();
  if (standing === undefined) return context.newPage();
  const session = await context.newCDPSession(standing);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  const { browserContextId } = targetInfo;
  const browserSession = await browser.newBrowserCDPSession();
  const [page] = await Promise.all([
    context.waitForEvent('page'),
    browserSession.send('Target.createTarget', {
      url: 'about:blank',
      newWindow: true,
      ...windowSize,
      ...(browserContextId === undefined ? {} : { browserContextId }),
    }),
  ]);
  await session.detach();
  await browserSession.detach();
  return page;
}
