import type { CDPSession, Page } from 'playwright-core';
import type { PaintWindow } from '../../agent/capture/mask-cover.ts';
import { windowBefore, type PaintedFrame } from './paint-window.ts';

/** A picture of the page. */
export interface Frame {
  readonly png: Buffer;
  /** When the page looked like that. */
  readonly window: PaintWindow;
}

interface KeptFrame extends PaintedFrame {
  readonly png: Buffer;
}

/**
 * Keeps the last painted pictures of a page (Chrome DevTools Protocol, `Page.startScreencast`), so that a picture from *before* an event
 * exists when the event is heard of: asking for one then would show what the page made of the event already.
 */
export interface FrameBuffer {
  /**
   * The last picture painted at or before `atMs`; `undefined` when there is none. Waits for pictures that are still on their way; `lagMs` is how late a message
   * of the page was just now.
   */
  before(atMs: number, lagMs: number): Promise<Frame | undefined>;
  /** A picture once the page has not painted for a moment, at most about a second later. */
  settled(): Promise<Frame>;
  stop(): Promise<void>;
}

const keepMs = 3_000;
const keepFrames = 120;
const quietMs = 120;
const longestSettleMs = 1_000;
/** From paint to here a picture takes some ten milliseconds; nothing else tells that none is on its way. */
const onItsWayMs = 150;
/** However slow the browser is. */
const longestWaitMs = 1_500;

export async function createFrameBuffer(page: Page, session: CDPSession): Promise<FrameBuffer> {
  const frames: KeptFrame[] = [];
  const add = (frame: KeptFrame): void => {
    // They are encoded side by side: a later one may come first.
    const at = frames.findLastIndex(({ paintedAtMs }) => paintedAtMs <= frame.paintedAtMs) + 1;
    frames.splice(at, 0, frame);
    // The newest one of before the last seconds stays: a page that does not change paints once.
    while (frames.length > keepFrames || (frames[1]?.paintedAtMs ?? Infinity) < frame.paintedAtMs - keepMs) frames.shift();
  };
  session.on('Page.screencastFrame', (event) => {
    add({
      png: Buffer.from(event.data, 'base64'),
      paintedAtMs: (event.metadata.timestamp ?? Date.now() / 1_000) * 1_000,
      ackedAtMs: Date.now(),
    });
    // A page that has gone needs no more frames.
    session.send('Page.screencastFrameAck', { sessionId: event.sessionId }).catch(() => undefined);
  });
  await startScreencast(page, session);
  return {
    before: async (atMs, lagMs) => {
      const leftMs = atMs + Math.min(longestWaitMs, onItsWayMs + 2 * lagMs) - Date.now();
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
      const earlier = frames.filter((frame) => frame.paintedAtMs <= atMs);
      const png = earlier.at(-1)?.png;
      return png === undefined ? undefined : { png, window: windowBefore(earlier, atMs, lagMs) };
    },
    settled: async () => {
      const frame = await settled(session, () => frames.at(-1)?.paintedAtMs ?? 0);
      // The screencast leaves frames out when it cannot keep up: this one may be newer than its last.
      add(frame);
      return { png: frame.png, window: { fromMs: frame.askedAtMs, untilMs: frame.paintedAtMs } };
    },
    stop: async () => {
      await session.detach().catch(() => undefined);
    },
  };
}

/** A tab that has just been opened refuses for a moment ("not attached to an active page"). */
async function startScreencast(page: Page, session: CDPSession): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await session.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
      return;
    } catch (error) {
      if (attempt === 20 || page.isClosed()) throw error;
      await page.waitForTimeout(50);
    }
  }
}

async function settled(session: CDPSession, lastPaintMs: () => number): Promise<KeptFrame & { readonly askedAtMs: number }> {
  const beganAtMs = Date.now();
  do {
    await new Promise((resolve) => setTimeout(resolve, quietMs / 2));
  } while (Date.now() - Math.max(beganAtMs, lastPaintMs()) < quietMs && Date.now() - beganAtMs < longestSettleMs);
  const askedAtMs = Date.now();
  // The browser has the page painted anew for it.
  const { data } = await session.send('Page.captureScreenshot', { format: 'png' });
  const answeredAtMs = Date.now();
  return { png: Buffer.from(data, 'base64'), askedAtMs, paintedAtMs: answeredAtMs, ackedAtMs: answeredAtMs };
}

/** Width and height of a PNG, from its header. */
export function pngSize(png: Buffer): { readonly width: number; readonly height: number } {
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
