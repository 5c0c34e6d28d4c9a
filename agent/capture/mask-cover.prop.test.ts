import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Rect } from '../../schemas/types/capture-event.ts';
import { coverOf } from './mask-cover.ts';
import { MaskTimelineKeeper, type MaskLook } from './mask-timeline.ts';

const look = (rects: readonly Rect[], more: Partial<MaskLook> = {}): MaskLook => ({
  rects,
  foreignFrames: [],
  viewportWidth: 800,
  hasUnplaced: false,
  ...more,
});
const at = (x: number, y = 0): Rect => ({ x, y, width: 10, height: 10 });
const covers = (rects: readonly Rect[], one: Rect): boolean =>
  rects.some(
    (rect) => rect.x <= one.x && rect.y <= one.y && rect.x + rect.width >= one.x + one.width && rect.y + rect.height >= one.y + one.height,
  );

/** A page that is laid out anew again and again; every layout is on the screen from its paint until the next. */
const layouts = fc.array(
  fc.record({ afterMs: fc.integer({ min: 1, max: 300 }), xs: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 4 }) }),
  {
    minLength: 1,
    maxLength: 60,
  },
);

test('M1, M2, V2: whatever layout was on the screen in a window is covered, with looks of events between the paints and old periods made one', () => {
  fc.assert(
    fc.property(layouts, fc.integer({ min: 2, max: 24 }), fc.nat(), fc.nat(), (changes, maxCount, pick, spanMs) => {
      const keeper = new MaskTimelineKeeper(0, look([]), maxCount);
      const shown: { readonly fromMs: number; readonly rects: readonly Rect[] }[] = [{ fromMs: 0, rects: [] }];
      let nowMs = 0;
      for (const [index, { afterMs, xs }] of changes.entries()) {
        const rects = xs.map((x) => at(x * 30));
        // The page has changed, an event looks, and only then is it painted.
        if (index % 3 === 0) keeper.add(look(rects), nowMs + afterMs / 2, false);
        nowMs += afterMs;
        keeper.add(look(rects), nowMs, true);
        shown.push({ fromMs: nowMs, rects });
      }
      const untilMs = pick % (nowMs + 1);
      const window = { fromMs: Math.max(0, untilMs - (spanMs % 500)), untilMs };
      const cover = coverOf(window, keeper.timeline(), []);
      assert.ok(cover !== undefined);
      for (const [index, one] of shown.entries()) {
        const endMs = shown[index + 1]?.fromMs ?? Infinity;
        if (one.fromMs > window.untilMs || endMs < window.fromMs) continue;
        for (const rect of one.rects) assert.ok(covers(cover.rects, rect), `${JSON.stringify(rect)} at ${one.fromMs}`);
      }
      assert.ok(keeper.timeline().length <= maxCount + 1);
    }),
    { numRuns: 500 },
  );
});

test('M2: what an event saw of a change that is not painted does not end what the screen shows', () => {
  const keeper = new MaskTimelineKeeper(0, look([at(0)]));
  keeper.add(look([at(0)]), 100, true);
  keeper.add(look([]), 200, false);
  keeper.add(look([]), 5_000, false);
  const cover = coverOf({ fromMs: 4_600, untilMs: 5_000 }, keeper.timeline(), []);
  assert.deepEqual(cover?.rects, [at(0)]);
});

test('M3: a field that slides is covered on all its way, and only there once it rests', () => {
  const keeper = new MaskTimelineKeeper(0, look([at(0, 0)]));
  keeper.add(look([at(300, 100)]), 200, true);
  keeper.add(look([at(300, 100)]), 2_000, true);
  const rects = (fromMs: number, untilMs: number): readonly Rect[] => coverOf({ fromMs, untilMs }, keeper.timeline(), [])?.rects ?? [];
  assert.ok(covers(rects(100, 100), at(150, 50)));
  assert.deepEqual(rects(1_000, 2_000), [at(300, 100)]);
});

test('M3: what swings beyond where it was seen, or turns back at full speed, is covered at every moment', () => {
  const motions = fc.record({
    everyMs: fc.integer({ min: 8, max: 64 }),
    phaseMs: fc.integer({ min: 0, max: 63 }),
    // Springs back (a parabola of at most the pull that is promised), or bounces off (its speed stays).
    pull: fc.double({ min: 0.005, max: 0.1, noNaN: true }),
    apexMs: fc.integer({ min: 140, max: 300 }),
    speed: fc.double({ min: 0, max: 3, noNaN: true }),
    isBounce: fc.boolean(),
  });
  fc.assert(
    fc.property(motions, ({ everyMs, phaseMs, pull, apexMs, speed, isBounce }) => {
      const away = (timeMs: number): number => Math.abs(timeMs - apexMs);
      const place = (timeMs: number): Rect => at(Math.round(3_000 - (isBounce ? speed * away(timeMs) : (pull / 2) * away(timeMs) ** 2)));
      const keeper = new MaskTimelineKeeper(0, look([place(0)]));
      for (let nowMs = phaseMs; nowMs < 600; nowMs += everyMs) keeper.add(look([place(nowMs)]), nowMs, true);
      // The first two looks know no speed yet.
      for (let timeMs = phaseMs + 2 * everyMs; timeMs < 600 - everyMs; timeMs += 1) {
        const cover = coverOf({ fromMs: timeMs, untilMs: timeMs }, keeper.timeline(), []);
        assert.ok(cover !== undefined && covers(cover.rects, place(timeMs)), `at ${timeMs}: ${JSON.stringify(place(timeMs))}`);
      }
    }),
    { numRuns: 500 },
  );
});

test('V1: a window from before the document, or after the last look, has no cover', () => {
  const keeper = new MaskTimelineKeeper(1_000, look([]));
  keeper.add(look([]), 2_000, true);
  assert.equal(coverOf({ fromMs: 900, untilMs: 1_500 }, keeper.timeline(), []), undefined);
  assert.equal(coverOf({ fromMs: 1_500, untilMs: 2_001 }, keeper.timeline(), []), undefined);
  assert.equal(coverOf({ fromMs: 1_500, untilMs: 1_600 }, [], []), undefined);
  assert.deepEqual(coverOf({ fromMs: 1_000, untilMs: 2_000 }, keeper.timeline(), []), { rects: [], viewportWidth: 800 });
});

test('V3: a frame of another origin is covered where it stood unless it was clear all the time', () => {
  const frame = (frameId: number, framePath: string, x: number): MaskLook['foreignFrames'][number] => ({ frameId, framePath, rect: at(x) });
  const keeper = new MaskTimelineKeeper(0, look([], { foreignFrames: [frame(1, '0', 0), frame(2, '1', 50)] }));
  keeper.add(look([], { foreignFrames: [frame(1, '0', 0), frame(2, '1', 50)] }), 1_000, true);
  const window = { fromMs: 500, untilMs: 900 };
  const rects = (clear: readonly (readonly [string, number])[]): readonly Rect[] =>
    coverOf(
      window,
      keeper.timeline(),
      clear.map(([framePath, sinceMs]) => ({ framePath, sinceMs })),
    )?.rects ?? [];
  assert.deepEqual(rects([]), [at(0), at(50)], 'none has answered');
  assert.deepEqual(
    rects([
      ['0', 0],
      ['1', 500],
    ]),
    [],
  );
  assert.deepEqual(rects([['1', 501]]), [at(0), at(50)], 'clear too late');
  // The first is taken away: the second is now at its place among the frames, and clear, which says nothing of the first.
  keeper.add(look([], { foreignFrames: [frame(2, '0', 50)] }), 1_100, true);
  assert.deepEqual(rects([['0', 0]]), [at(0)]);
});

test('V4: a viewport of two widths, pinched, or not yet painted in the window has no cover', () => {
  for (const viewportWidth of [400, undefined]) {
    const keeper = new MaskTimelineKeeper(0, look([]));
    keeper.add(look([], { viewportWidth }), 1_000, true);
    keeper.add(look([]), 2_000, true);
    assert.equal(coverOf({ fromMs: 500, untilMs: 1_500 }, keeper.timeline(), []), undefined);
    assert.notEqual(coverOf({ fromMs: 2_000, untilMs: 2_000 }, keeper.timeline().slice(-1), []), undefined);
  }
});

test('M4: while nobody looked at an animation there is no cover; until the look before it there is', () => {
  const keeper = new MaskTimelineKeeper(0, look([at(0)]));
  keeper.add(look([at(0)]), 1_000, false);
  keeper.add(look([at(90)]), 1_300, true, true);
  keeper.add(look([at(90)]), 1_400, true);
  const coverAt = (fromMs: number, untilMs: number) => coverOf({ fromMs, untilMs }, keeper.timeline(), []);
  assert.notEqual(coverAt(500, 1_000), undefined);
  for (const [fromMs, untilMs] of [
    [500, 1_001],
    [1_100, 1_200],
    [1_299, 1_350],
  ] as const)
    assert.equal(coverAt(fromMs, untilMs), undefined, `${fromMs} to ${untilMs}`);
  assert.deepEqual(coverAt(1_310, 1_400)?.rects, [at(90)]);
});

test('V2: what the page hears of within the time that the screen may be ahead is covered too', () => {
  const keeper = new MaskTimelineKeeper(0, look([at(0)]));
  keeper.add(look([at(0)]), 1_000, true);
  keeper.add(look([at(50)]), 1_200, true);
  keeper.add(look([at(50)]), 1_600, true);
  const rectsAhead = (aheadMs: number) => coverOf({ fromMs: 500, untilMs: 900 }, keeper.timeline(), [], aheadMs)?.rects ?? [];
  assert.ok(rectsAhead(400).some(({ x }) => x === at(50).x));
});

test('a document is clear since it has held nothing of unknown place', () => {
  const keeper = new MaskTimelineKeeper(10, look([]));
  assert.equal(keeper.clearSinceMs(), 10);
  keeper.add(look([], { hasUnplaced: true }), 20, true);
  assert.equal(keeper.clearSinceMs(), undefined);
  keeper.add(look([]), 30, true);
  assert.equal(keeper.clearSinceMs(), 30);
});
