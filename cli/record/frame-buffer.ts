import type { CDPSession, Page } from 'playwright-core';

/** A picture of the page and when it was painted. */
export interface Frame {
  readonly png: Buffer;
  /** Milliseconds since the Unix epoch. */
  readonly paintedAtMs: number;
}

/**
 * Keeps the last painted pictures of a page (Chrome DevTools Protocol, `Page.startScreencast`), so that a picture from *before* an event
 * exists when the event is heard of: asking for one then would show what the page made of the event already.
 */
export interface FrameBuffer {
  /** The last picture painted at or before `atMs`; `undefined` when there is none. Waits for pictures that are still on their way. */
  before(atMs: number): Promise<Frame | undefined>;
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

export async function createFrameBuffer(page: Page, session: CDPSession): Promise<FrameBuffer> {
  const frames: Frame[] = [];
  const add = (frame: Frame): void => {
    frames.push(frame);
    // The newest one of before the last seconds stays: a page that does not change paints once.
    while (frames.length > keepFrames || (frames[1]?.paintedAtMs ?? Infinity) < frame.paintedAtMs - keepMs) frames.shift();
  };
  session.on('Page.screencastFrame', (event) => {
    add({ png: Buffer.from(event.data, 'base64'), paintedAtMs: (event.metadata.timestamp ?? Date.now() / 1_000) * 1_000 });
    // A page that has gone needs no more frames.
    session.send('Page.screencastFrameAck', { sessionId: event.sessionId }).catch(() => undefined);
  });
  await startScreencast(page, session);
  return {
    before: async (atMs) => {
      const leftMs = atMs + onItsWayMs - Date.now();
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
      return frames.findLast((frame) => frame.paintedAtMs <= atMs);
    },
    settled: async () => {
      const frame = await settled(session, () => frames.at(-1)?.paintedAtMs ?? 0);
      // The screencast leaves frames out when it cannot keep up: this one may be newer than its last.
      add(frame);
      return frame;
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

async function settled(session: CDPSession, lastPaintMs: () => number): Promise<Frame> {
  const beganAtMs = Date.now();
  do {
    await new Promise((resolve) => setTimeout(resolve, quietMs / 2));
  } while (Date.now() - Math.max(beganAtMs, lastPaintMs()) < quietMs && Date.now() - beganAtMs < longestSettleMs);
  const { data } = await session.send('Page.captureScreenshot', { format: 'png' });
  return { png: Buffer.from(data, 'base64'), paintedAtMs: Date.now() };
}

/** Width and height of a PNG, from its header. */
export function pngSize(png: Buffer): { readonly width: number; readonly height: number } {
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
