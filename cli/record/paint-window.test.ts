import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latencyMs, windowBefore, type PaintedFrame } from './paint-window.ts';

/** A browser that paints at given times, brings each picture late, and leaves paints out while three pictures are not acknowledged. */
function brought(paintsMs: readonly number[], delaysMs: readonly number[], ackMs: number): (PaintedFrame & { readonly trueMs: number })[] {
  const frames: (PaintedFrame & { readonly trueMs: number })[] = [];
  for (const [index, trueMs] of paintsMs.entries()) {
    const paintedAtMs = Math.max(trueMs + (delaysMs[index % delaysMs.length] ?? 0), frames.at(-1)?.paintedAtMs ?? 0);
    const inFlight = frames.filter((frame) => frame.ackedAtMs > paintedAtMs).length;
    if (inFlight < 3) frames.push({ trueMs, paintedAtMs, ackedAtMs: paintedAtMs + ackMs });
  }
  return frames;
}

test('W1, W2: the window of the last picture holds a moment at which the screen looked like it', () => {
  const times = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(times, fc.array(fc.nat(300), { minLength: 1 }), fc.nat(900), fc.nat(3_000), (gaps, delaysMs, ackMs, restMs) => {
      let atMs = 10_000;
      const paintsMs = gaps.map((gap) => (atMs += gap));
      const eventMs = atMs - 1_500 + restMs;
      const frames = brought(paintsMs, delaysMs, ackMs).filter(({ paintedAtMs }) => paintedAtMs <= eventMs);
      const last = frames.at(-1);
      if (last === undefined) return;
      const window = windowBefore(frames, eventMs, 0);
      const nextMs = paintsMs.find((paintMs) => paintMs > last.trueMs) ?? Infinity;
      const isShown = last.trueMs <= window.untilMs && nextMs >= window.fromMs;
      assert.ok(isShown, JSON.stringify({ last, nextMs, window }));
    }),
    { numRuns: 2_000 },
  );
});

test('W1: a picture of a page that rests is of now, however old it is', () => {
  const frames = [{ paintedAtMs: 1_000, ackedAtMs: 1_010 }];
  assert.deepEqual(windowBefore(frames, 60_000, 0), { fromMs: 60_000 - latencyMs(0), untilMs: 60_000 });
});

test('W2: the last of a burst may be old, for what came after it may have been left out', () => {
  const frames = [1_000, 1_016, 1_032].map((paintedAtMs) => ({ paintedAtMs, ackedAtMs: 1_100 }));
  assert.equal(windowBefore(frames, 60_000, 0).fromMs, 1_032 - latencyMs(0));
  assert.equal(windowBefore([...frames, { paintedAtMs: 2_000, askedAtMs: 1_950, ackedAtMs: 2_000 }], 60_000, 0).fromMs, 1_950);
});

test('a browser that is slow is given more time', () => {
  assert.ok(latencyMs(500) >= latencyMs(0) + 1_000 && latencyMs(-5) === latencyMs(0));
});
