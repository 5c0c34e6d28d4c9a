import type { Clock } from '../../topology/base/clock.ts';

export interface ManualClock extends Clock {
  /** Fires due timers in order of time. */
  advance(byMs: number): void;
}

/** Time stands still until `advance`. */
export function createManualClock(startMs = 1_760_000_000_000): ManualClock {
  let nowMs = startMs;
  let timers: { readonly dueMs: number; readonly callback: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    setTimer(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(byMs) {
      const endMs = nowMs + byMs;
      for (;;) {
        const due = timers.filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (due === undefined) break;
        timers = timers.filter((other) => other !== due);
        nowMs = due.dueMs;
        due.callback();
      }
      nowMs = endMs;
    },
  };
}
