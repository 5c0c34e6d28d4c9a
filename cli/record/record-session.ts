import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Uploader, type UploadProgress } from '../../agent/sdk/uploader.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { CommandContext } from '../command.ts';
import { packageVersion } from '../version.ts';
import { createBrowserRecorder, type BrowserRecorder } from './browser-recorder.ts';
import { controlsUrl, createControls, openControls, readTerminalKeys, type Controls, type ControlState } from './controls.ts';
import type { RecordingBrowser } from './recording-browser.ts';
import { createUploadTarget, uploadError } from './upload-target.ts';

/** Where a recording goes, and how its pages are reached there. */
export interface RecordingServer {
  readonly url: string;
  readonly token: string;
  /** Address of a page for the person; with a token only where it ends with this process. */
  address(path: string): string;
}

export interface SessionOptions {
  readonly browser: RecordingBrowser;
  readonly server: RecordingServer;
  /** What is opened first. */
  readonly url: string;
  readonly title: string | undefined;
  /** False when there is no window to click in. */
  readonly isVisible: boolean;
  readonly terminal: NodeJS.ReadStream;
  readonly context: CommandContext;
}

/** A recording of which everything has arrived at the server. */
export interface RecordedSession {
  readonly sessionId: string;
  readonly eventCount: number;
}

/**
 * Records until the person stops: by the controls' window, a key in the terminal, closing the last recorded page, or Ctrl-C.
 * @throws {UPLOAD_STOPPED} when the server takes no more. @throws {BROWSER_FAILED} when the browser ends before the first page is open.
 */
export async function recordSession(options: SessionOptions): Promise<RecordedSession> {
  const { server } = options;
  const sessionId = `rec-${randomUUID()}`;
  const uploader = createUploader(options, sessionId);
  try {
    await openUpload(uploader, server.url);
    const recorder = await recordPages(options, uploader, sessionId);
    await recorder.finish();
    await uploader.finish();
    return { sessionId, eventCount: recorder.eventCount() };
  } catch (error) {
    uploader.stop();
    throw uploadError(error, server.url);
  }
}

function createUploader({ server, title, context }: SessionOptions, sessionId: string): Uploader {
  return new Uploader({
    baseUrl: server.url,
    token: server.token,
    deviceId: 'stepwright-record',
    sessionId,
    ...(title === undefined ? {} : { title }),
    agent: { name: 'stepwright-record', version: packageVersion(), platform: process.platform },
    onProgress: progressTeller(context),
  });
}

/** Says once that the server does not answer, and once that it does again. */
function progressTeller({ stderr }: CommandContext): (progress: UploadProgress) => void {
  let isTold = false;
  return ({ failures, problem, lastSeq, ackedSeq }) => {
    const isDown = failures > 1;
    if (isDown && !isTold)
      stderr(`The server does not answer (${problem ?? 'unknown'}); what is recorded waits here (${lastSeq - ackedSeq} events).\n`);
    if (isTold && failures === 0) stderr('The server answers again.\n');
    isTold = isDown || (isTold && failures > 0);
  };
}

const openWithinMs = 15_000;

async function openUpload(uploader: Uploader, url: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `no answer from ${url} within ${openWithinMs / 1_000} s: is a Stepwright server running there?`;
    timer = setTimeout(() => reject(new StepwrightError('UPLOAD_STOPPED', message)), openWithinMs);
  });
  try {
    await Promise.race([uploader.open(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** From the first page to the stop. */
async function recordPages(options: SessionOptions, uploader: Uploader, sessionId: string): Promise<BrowserRecorder> {
  const { browser, context, server, terminal } = options;
  const say = (text: string): void => context.stderr(`${text}\n`);
  const stop = createStop(options);
  let act: Controls['apply'] = async () => notYet;
  const window = await openControls(browser.context, (action) => act(action));
  const recorder = await createBrowserRecorder({
    context: browser.context,
    target: createUploadTarget(uploader),
    captureScript: readFileSync(new URL('../../agent/capture/inject.bundle.js', import.meta.url), 'utf8'),
    isOwnPage: (url) => url === controlsUrl,
    onLastPageClosed: stop.now,
  });
  act = createControls(recorder, say, stop.now).apply;
  const releaseTerminal = readTerminalKeys(terminal, act);
  try {
    await openFirstPage(options, stop.isDone);
    context.stdout(`Recording ${options.url}\n\n  live       ${server.address(`/live/${sessionId}`)}\n\n`);
    say([...(terminal.isTTY ? [keysHint] : []), options.isVisible ? windowHint : 'Ctrl-C stops.'].join(' '));
    await stop.happened;
  } finally {
    releaseTerminal();
  }
  await act('stop');
  // Whoever closed the browser closed it too.
  await window.close().catch(() => undefined);
  return recorder;
}

const notYet: ControlState = { isPaused: false, isStopped: false, eventCount: 0 };
const windowHint = 'Stop with the small window, by closing the recorded page, or with Ctrl-C.';
const keysHint = 'Here: p pauses and resumes, u takes the last step back, s stops.';

async function openFirstPage({ browser, url, context }: SessionOptions, isStopped: () => boolean): Promise<void> {
  const page = await browser.openWindow();
  try {
    await page.goto(url, { waitUntil: 'commit' });
  } catch (error) {
    // The browser shows its own page about it, where the person can correct the address.
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    if (!isStopped()) context.stderr(`${url} did not open: ${reason}\n`);
  }
}

interface Stop {
  readonly now: () => void;
  readonly isDone: () => boolean;
  readonly happened: Promise<void>;
}

function createStop({ browser, context }: SessionOptions): Stop {
  let isDone = false;
  let resolve = (): void => {};
  const happened = new Promise<void>((done) => (resolve = done));
  const now = (): void => {
    isDone = true;
    resolve();
  };
  browser.onClosed(now);
  if (context.stopped.aborted) now();
  else context.stopped.addEventListener('abort', now, { once: true });
  return { now, isDone: () => isDone, happened };
}
