import { coverOf, reachesOver, type Cover } from '../../agent/capture/mask-cover.ts';
import type { PageMessage, ShotRequest } from '../../agent/capture/message.ts';
import type { Frame } from './frame-buffer.ts';
import { wordOf, type PageWord } from './page-calls.ts';
import { latencyMs } from './paint-window.ts';
import type { RecordedTab } from './recorded-tab.ts';

export interface Picture {
  readonly png: Buffer;
  readonly cover: Cover;
}

/** Why an event has no picture. */
export const noPicture = 'the page was gone, had not been painted, or could not say for certain what its picture had to cover';

/**
 * The picture that an event asks for, or undefined when there is none, or none that is proven to be covered (V1–V4 of agent/capture/mask-cover.ts, W1 and W2
 * of paint-window.ts). The page is asked at once, for it may be gone soon, and again after the picture: only then does it know of a scroll
 * that the screen showed before the page heard of it.
 */
export async function takePicture(tab: RecordedTab, event: PageMessage['event'], shot: ShotRequest): Promise<Picture | undefined> {
  const lagMs = Math.max(0, Date.now() - event.atMs);
  try {
    const [early, frame] = await Promise.all([wordOf(tab.page), frameFor(tab, shot, { atMs: event.atMs, lagMs })]);
    if (frame === undefined) return undefined;
    const late = await wordOf(tab.page, { afterPaints: true });
    const isOfTop = event.page !== undefined && event.page.framePath === undefined;
    const words = [late, early, ...(isOfTop ? [{ ...early, timeline: shot.timeline }] : [])];
    const cover = latestCover(frame, words, lagMs);
    return cover === undefined ? undefined : { png: frame.png, cover };
  } catch {
    return undefined; // the page is gone
  }
}

/** The latest word that knows of all of the picture's time decides: an earlier one does not know what came to light since. */
function latestCover({ window }: Frame, words: readonly PageWord[], lagMs: number): Cover | undefined {
  const word = words.find(({ timeline = [] }) => reachesOver(window, timeline));
  // A frame of a process of its own is not painted anew with the page: what it shows may be older.
  const clearFromMs = window.untilMs - latencyMs(lagMs);
  const longClear = word?.clear.filter(({ sinceMs }) => sinceMs <= clearFromMs) ?? [];
  return coverOf(window, word?.timeline ?? [], longClear, latencyMs(lagMs));
}

interface Heard {
  readonly atMs: number;
  readonly lagMs: number;
}

/** A page that has meanwhile become another one no longer shows the effect: then the last picture before the event is the honest one. */
async function frameFor(tab: RecordedTab, { moment }: ShotRequest, { atMs, lagMs }: Heard): Promise<Frame | undefined> {
  const frames = await tab.frames;
  if (moment === 'painted') return frames.before(atMs, lagMs);
  const { url } = tab;
  const frame = await frames.settled();
  return tab.url === url ? frame : frames.before(atMs, lagMs);
}
