import { createHash } from 'node:crypto';
import type { BrowserContext, Frame as PageFrame, Page } from 'playwright-core';
import type { PageMessage, ShotRequest } from '../../agent/capture/message.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { pngSize } from './frame-buffer.ts';
import { noPicture, takePicture, type Picture } from './picture.ts';
import { flushTyping } from './page-calls.ts';
import { openTab, titleOf, type RecordedTab } from './recorded-tab.ts';

/** Where a recording goes: an upload, a folder. Called in the order of seq. */
export interface RecordingTarget {
  event(event: CaptureEvent): void;
  /** Comes before the `screenshot` event that names it. The same bytes come once. */
  screenshot(sha256: string, png: Buffer): void;
}

export interface BrowserRecorder {
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes the last step back, typing that is not yet reported included. */
  undo(): Promise<void>;
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

class ContextRecorder implements BrowserRecorder {
  readonly #options: RecorderOptions;
  readonly #tabs = new Map<Page, RecordedTab>();
  readonly #shots = new Set<Promise<void>>();
  readonly #stored = new Set<string>();
  /** What is heard of is written in this order, whatever has to be waited for (the title of a new page). */
  #tail: Promise<void> = Promise.resolve();
  #seq = 0;
  #tabCount = 0;
  #isPaused = false;
  #isFinished = false;
  #activeTabId = '';

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { context, captureScript, protectSelector } = this.#options;
    await context.exposeBinding('__stepwright_emit', (source, message: PageMessage) => this.#onMessage(source.page, message));
    const options = protectSelector === undefined ? {} : { protectSelector };
    await context.addInitScript({ content: `window.__stepwright_options = ${JSON.stringify(options)};\n${captureScript}` });
    context.on('page', (page) => this.#addTab(page));
    for (const page of context.pages()) this.#addTab(page);
  }

  async pause(): Promise<void> {
    if (this.#isPaused || this.#isFinished) return;
    await this.#flushTyping();
    this.#isPaused = true;
    this.#enqueue(() => this.#write({ atMs: Date.now(), kind: 'session.paused' }));
    await this.#tail;
  }

  async resume(): Promise<void> {
    if (!this.#isPaused) return;
    // What was typed during the pause is nobody's business.
    await this.#flushTyping();
    this.#isPaused = false;
    this.#enqueue(() => this.#write({ atMs: Date.now(), kind: 'session.resumed' }));
    await this.#tail;
  }

  async undo(): Promise<void> {
    await this.#flushTyping();
    this.#enqueue(() => this.#write({ atMs: Date.now(), kind: 'undo' }));
    await this.#tail;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  eventCount(): number {
    return this.#seq;
  }

  async finish(): Promise<void> {
    if (this.#isFinished) return;
    await this.#flushTyping();
    await this.#tail;
    await Promise.all(this.#shots);
    await this.#tail;
    this.#write({ atMs: Date.now(), kind: 'session.finished' });
    this.#isFinished = true;
    await Promise.all([...this.#tabs.values()].map((tab) => tab.stop()));
  }

  async #flushTyping(): Promise<void> {
    await Promise.all([...this.#tabs.keys()].map((page) => flushTyping(page)));
  }

  #enqueue(work: () => unknown): void {
    this.#tail = this.#tail.then(work).then(() => undefined);
  }

  #write(event: Omit<CaptureEvent, 'seq'>): number {
    if (this.#isFinished) return 0;
    this.#seq += 1;
    this.#options.target.event({ seq: this.#seq, ...event });
    return this.#seq;
  }

  #addTab(page: Page): void {
    if (this.#isFinished || this.#isOwn(page.url()) || this.#tabs.has(page)) return;
    const tab = openTab(page, `tab-${(this.#tabCount += 1)}`);
    this.#tabs.set(page, tab);
    if (this.#tabCount > 1 && !this.#isPaused) {
      const opened = { change: 'opened', tabId: tab.tabId, url: page.url() } as const;
      this.#enqueue(() => this.#write({ atMs: Date.now(), kind: 'tab', tab: opened }));
    }
    page.on('framenavigated', (frame) => this.#onNavigated(tab, frame));
    page.on('close', () => this.#onClosed(tab));
    this.#onNavigated(tab, page.mainFrame());
  }

  #onClosed(tab: RecordedTab): void {
    const { page, tabId } = tab;
    this.#tabs.delete(page);
    if (!this.#isPaused) this.#enqueue(() => this.#write({ atMs: Date.now(), kind: 'tab', tab: { change: 'closed', tabId } }));
    // The one that comes to the front was not switched to.
    if (this.#activeTabId === tabId) this.#activeTabId = '';
    if (this.#tabs.size === 0) this.#options.onLastPageClosed?.();
  }

  #onNavigated(tab: RecordedTab, frame: PageFrame): void {
    const url = frame.url();
    if (frame.parentFrame() !== null || !/^https?:/.test(url)) return;
    const atMs = Date.now();
    const cause = tab.cause();
    const isSameUrl = tab.url === url;
    tab.url = url;
    if (this.#isPaused) return;
    this.#enqueue(async () => {
      const why = await cause;
      // A page that writes its own address again went nowhere.
      if (isSameUrl && why === 'spa') return;
      const title = await titleOf(tab.page, why === 'spa');
      if (why === 'typed' && !tab.isUsed) this.#activeTabId = tab.tabId;
      this.#write({ atMs, kind: 'navigation', navigation: { url, title, cause: why }, page: { url, title, tabId: tab.tabId } });
    });
  }

  #onMessage(page: Page, message: PageMessage): void {
    const tab = this.#tabs.get(page);
    if (tab === undefined || this.#isPaused || this.#isFinished) return;
    tab.isUsed = true;
    const { event, shot } = message;
    const { tabId } = tab;
    const picture = shot === undefined ? undefined : takePicture(tab, event, shot);
    this.#enqueue(() => {
      if (tabId !== this.#activeTabId) this.#activate(tab, event);
      const seq = this.#write(event.page === undefined ? event : { ...event, page: { ...event.page, tabId } });
      if (shot !== undefined && picture !== undefined) this.#awaitShot({ seq, shot }, picture);
    });
  }

  #activate({ tabId, url }: RecordedTab, { atMs, page }: PageMessage['event']): void {
    const tab = {
      change: 'activated',
      tabId,
      url,
      ...(page?.framePath === undefined && page !== undefined ? { title: page.title } : {}),
    } as const;
    if (this.#activeTabId !== '') this.#write({ atMs, kind: 'tab', tab });
    this.#activeTabId = tabId;
  }

  #awaitShot(of: ShotOf, picture: Promise<Picture | undefined>): void {
    const taking = picture.then((taken) => this.#enqueue(() => this.#writeShot(of, taken))).finally(() => this.#shots.delete(taking));
    this.#shots.add(taking);
  }

  #writeShot({ seq, shot }: ShotOf, picture: Picture | undefined): void {
    if (picture === undefined) {
      this.#write({ atMs: Date.now(), kind: 'screenshot.missing', ofSeq: seq, reason: noPicture });
      return;
    }
    const { png, cover } = picture;
    const sha256 = createHash('sha256').update(png).digest('hex');
    const size = pngSize(png);
    if (!this.#stored.has(sha256)) this.#options.target.screenshot(sha256, png);
    this.#stored.add(sha256);
    const scale = size.width / cover.viewportWidth;
    const about = { sha256, sizeBytes: png.length, mediaType: 'image/png', ...size, scale } as const;
    const taken = { ...about, masks: cover.rects, personalDataMasked: true };
    this.#write({ atMs: Date.now(), kind: 'screenshot', screenshot: { ofSeq: seq, phase: shot.phase, ...taken } });
  }

  #isOwn(url: string): boolean {
    return this.#options.isOwnPage?.(url) ?? false;
  }
}

interface ShotOf {
  readonly seq: number;
  readonly shot: ShotRequest;
}
