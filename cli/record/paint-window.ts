import type { PaintWindow } from '../../agent/capture/mask-cover.ts';

/** A picture of the screencast, or one that was asked for. */
export interface PaintedFrame {
  /** When the browser had the picture, milliseconds since the Unix epoch; it was painted before. */
  readonly paintedAtMs: number;
  /** When it was acknowledged here. */
  readonly ackedAtMs: number;
  /** When it was asked for: it was painted after. Missing for a picture of the screencast. */
  readonly askedAtMs?: number;
}

/** Chromium leaves a paint out for good, with nothing to follow it, while so many pictures are not acknowledged (three came, and no fourth). */
const maxInFlight = 3;
/** From a paint to its picture it takes some ten milliseconds; this, and as much longer as the browser is slow. */
const leastLatencyMs = 400;
const lagFactor = 3;

/** How late a picture may be after its paint, when messages of the page are late by `lagMs`. */
export const latencyMs = (lagMs: number): number => leastLatencyMs + lagFactor * Math.max(0, lagMs);

/**
 * When the page looked as the last picture before `atMs` shows it. Invariants:
 * - W1 a paint comes as a picture within the latency, so the last picture shows what was on the screen at some moment of the latency before `atMs`, however
 *   old it is: a page that does not change is not painted again;
 * - W2 except that the browser may have left out a paint after it: then it may be as old as it says, and older by the latency.
 */
export function windowBefore(frames: readonly PaintedFrame[], atMs: number, lagMs: number): PaintWindow {
  const fromMs = atMs - latencyMs(lagMs);
  const last = frames.at(-1);
  if (last === undefined || !mayBeFollowed(frames, lagMs)) return { fromMs, untilMs: atMs };
  const oldestMs = last.askedAtMs ?? last.paintedAtMs - latencyMs(lagMs);
  return { fromMs: Math.min(fromMs, oldestMs), untilMs: atMs };
}

/** Whether the browser may have left out a paint after the last of these. */
function mayBeFollowed(frames: readonly PaintedFrame[], lagMs: number): boolean {
  const cast = frames.filter(({ askedAtMs }) => askedAtMs === undefined);
  const [last, early] = [cast.at(-1), cast.at(-maxInFlight)];
  return last !== undefined && early !== undefined && early.ackedAtMs + Math.max(0, lagMs) >= last.paintedAtMs;
}
