import { createHash } from 'node:crypto';
import type { BrowserContext, Frame as PageFrame, Page } from 'playwright-core';
import type { PageMessage, ShotRequest } from '../../agent/capture/message.ts';
import type { CaptureEvent, Rect } from '../../schemas/types/capture-event.ts';
import { createFrameBuffer, pngSize, type Frame, type FrameBuffer } from './frame-buffer.ts';

/** Where a recording goes: an upload, a folder. Called in the order of seq. */
export interface RecordingTarget {
  event(event: CaptureEvent): void;
  /** Comes before the `screenshot` event that names it. The same bytes come once. */
  screenshot(sha256: string, png: Buffer): void;
}

export interface BrowserRecorder {
  pause(): void;
  resume(): void;
  /** Takes the last step back. */
  undo(): void;
  isPaused(): boolean;
  eventCount(): number;
  /** Waits for pictures under way, ends the recording with `session.finished`. */
  finish(): Promise<void>;
}

export interface RecorderOptions {
  readonly context: BrowserContext;
  readonly target: RecordingTarget;
  /** Text of dist/agent/capture/inject.bundle.js. */
  readonly captureScript: string;
  readonly protectSelector?: string;
  /** Pages that are not recorded, by URL: the recorder's own controls. */
  readonly isOwnPage?: (url: string) => boolean;
  /** The last recorded page was closed. */
  readonly onLastPageClosed?: () => void;
}

/**
 * The host of `agent/capture` in a Chromium driven over the DevTools protocol. It numbers the events of all tabs in one sequence, adds navigation and
 * tab events, and takes the pictures: the one from before an event out of the frame buffer, the one after once the page is quiet.
 */
export async function createBrowserRecorder(options: RecorderOptions): Promise<BrowserRecorder> {
  const recorder = new ContextRecorder(options);
  await recorder.start();
  return recorder;
}

interface TabState {
  readonly tabId: string;
  readonly page: Page;
  readonly frames: FrameBuffer;
  url: string;
}

class ContextRecorder implements BrowserRecorder {
  readonly #options: RecorderOptions;
  readonly #tabs = new Map<Page, Promise<TabState>>();
  readonly #shots = new Set<Promise<void>>();
  readonly #stored = new Set<string>();
  #seq = 0;
  #tabCount = 0;
  #paused = false;
  #finished = false;
  #activeTabId = '';

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { context, captureScript, protectSelector } = this.#options;
    await context.exposeBinding('__stepwright_emit', (source, message: PageMessage) => this.#onMessage(source.page, message));
    const options = protectSelector === undefined ? {} : { protectSelector };
    await context.addInitScript({ content: `window.__stepwright_options = ${JSON.stringify(options)};\n${captureScript}` });
    context.on('page', (page) => {
      // A tab that closed before it could be recorded: what happened in it is lost, so it is said.
      this.#addTab(page).catch((error: unknown) => {
        this.#emit({
          atMs: Date.now(),
          kind: 'marker',
          note: `A tab could not be recorded: ${error instanceof Error ? error.name : 'unknown'}`,
        });
      });
    });
    for (const page of context.pages()) await this.#addTab(page);
  }

  pause(): void {
    if (this.#paused || this.#finished) return;
    this.#emit({ atMs: Date.now(), kind: 'session.paused' });
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#emit({ atMs: Date.now(), kind: 'session.resumed' });
  }

  undo(): void {
    this.#write({ atMs: Date.now(), kind: 'undo' });
  }

  isPaused(): boolean {
    return this.#paused;
  }

  eventCount(): number {
    return this.#seq;
  }

  async finish(): Promise<void> {
    if (this.#finished) return;
    await Promise.all(this.#shots);
    this.#paused = false;
    this.#emit({ atMs: Date.now(), kind: 'session.finished' });
    this.#finished = true;
    await Promise.all([...this.#tabs.values()].map(async (tab) => (await tab).frames.stop()));
  }

  #emit(event: Omit<CaptureEvent, 'seq'>): number {
    return this.#paused ? 0 : this.#write(event);
  }

  /** Also while paused. */
  #write(event: Omit<CaptureEvent, 'seq'>): number {
    if (this.#finished) return 0;
    this.#seq += 1;
    this.#options.target.event({ seq: this.#seq, ...event });
    return this.#seq;
  }

  async #addTab(page: Page): Promise<void> {
    if (this.#finished || this.#isOwn(page.url()) || this.#tabs.has(page)) return;
    const tabId = `tab-${(this.#tabCount += 1)}`;
    const state = createFrameBuffer(page).then((frames) => ({ tabId, page, frames, url: '' }));
    this.#tabs.set(page, state);
    page.on('framenavigated', (frame) => void this.#onNavigated(frame));
    page.on('close', () => this.#onClosed(page, tabId));
    await state;
    if (this.#tabCount > 1) this.#emit({ atMs: Date.now(), kind: 'tab', tab: { change: 'opened', tabId, url: page.url() } });
    await this.#onNavigated(page.mainFrame());
  }

  #onClosed(page: Page, tabId: string): void {
    this.#tabs.delete(page);
    this.#emit({ atMs: Date.now(), kind: 'tab', tab: { change: 'closed', tabId } });
    if (this.#tabs.size === 0) this.#options.onLastPageClosed?.();
  }

  async #onNavigated(frame: PageFrame): Promise<void> {
    const page = frame.page();
    const tab = await this.#tabs.get(page);
    const url = frame.url();
    if (tab === undefined || frame.parentFrame() !== null || url === tab.url || !/^https?:/.test(url)) return;
    tab.url = url;
    // The title is not known yet; the events that follow bring it.
    this.#emit({ atMs: Date.now(), kind: 'navigation', navigation: { url, cause: 'link' }, page: { url, title: '', tabId: tab.tabId } });
  }

  async #onMessage(page: Page, message: PageMessage): Promise<void> {
    const tab = await this.#tabs.get(page);
    if (tab === undefined || this.#paused || this.#finished) return;
    if (tab.tabId !== this.#activeTabId) this.#activate(tab, message.event.atMs);
    const { event, shot } = message;
    const seq = this.#emit(event.page === undefined ? event : { ...event, page: { ...event.page, tabId: tab.tabId } });
    if (shot !== undefined && seq > 0) this.#takeShot(tab, { seq, message: event, shot });
  }

  #activate(tab: TabState, atMs: number): void {
    if (this.#activeTabId !== '') this.#emit({ atMs, kind: 'tab', tab: { change: 'activated', tabId: tab.tabId, url: tab.url } });
    this.#activeTabId = tab.tabId;
  }

  #takeShot(tab: TabState, of: { seq: number; message: PageMessage['event']; shot: ShotRequest }): void {
    const { masks } = of.shot;
    const taking = this.#frameFor(tab, of)
      .then(async (frame) => this.#emitShot(of, frame, [...masks, ...(await masksNow(tab.page))]))
      .catch(() => {
        this.#emit({
          atMs: Date.now(),
          kind: 'screenshot.missing',
          ofSeq: of.seq,
          reason: 'the page was gone before its picture was taken',
        });
      })
      .finally(() => this.#shots.delete(taking));
    this.#shots.add(taking);
  }

  /** A page that has meanwhile become another one no longer shows the effect: then the last picture before the event is the honest one. */
  async #frameFor(tab: TabState, of: { message: PageMessage['event']; shot: ShotRequest }): Promise<Frame> {
    if (of.shot.moment === 'painted') return tab.frames.before(of.message.atMs);
    const url = tab.url;
    const frame = await tab.frames.settled();
    return tab.url === url ? frame : tab.frames.before(of.message.atMs);
  }

  #emitShot(of: { seq: number; message: PageMessage['event']; shot: ShotRequest }, frame: Frame, masks: readonly Rect[]): void {
    const sha256 = createHash('sha256').update(frame.png).digest('hex');
    const size = pngSize(frame.png);
    if (!this.#stored.has(sha256)) this.#options.target.screenshot(sha256, frame.png);
    this.#stored.add(sha256);
    const scale = size.width / (of.message.page?.viewport?.width ?? size.width);
    const screenshot = {
      ofSeq: of.seq,
      phase: of.shot.phase,
      sha256,
      sizeBytes: frame.png.length,
      mediaType: 'image/png',
      ...size,
      scale,
      masks,
    } as const;
    this.#emit({ atMs: Date.now(), kind: 'screenshot', screenshot });
  }

  #isOwn(url: string): boolean {
    return this.#options.isOwnPage?.(url) ?? false;
  }
}

/** Protected rectangles after the shot; of a frame of another origin that holds a protected field, the whole frame. */
async function masksNow(page: Page): Promise<Rect[]> {
  const perFrame = page.frames().map(async (frame): Promise<readonly Rect[]> => {
    const answer = await frame.evaluate(() => ({
      rects: window.__stepwright_capture?.maskRects() ?? [],
      hidden: window.__stepwright_capture?.hasUnplacedMasks() ?? false,
    }));
    if (!answer.hidden) return frame.parentFrame() === null ? answer.rects : [];
    const box = await (await frame.frameElement()).boundingBox();
    return box === null ? [] : [box];
  });
  // A frame that is navigating has no masks to add to those taken with the event.
  const settledFrames = await Promise.allSettled(perFrame);
  return settledFrames.flatMap((one) => (one.status === 'fulfilled' ? [...one.value] : []));
}
