import type { Clock } from '../base/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on and runs the timers that fall due on the way, each at its own time, in order of time and then of setting. */
  advance(byMs: number): void;
  /** Time of the next timer; undefined when none is set. */
  nextTimerAtMs(): number | undefined;
}

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Time stands still until `advance`. */
export function createManualClock(startMs = 1_750_000_000_000): ManualClock {
  let nowMs = startMs;
  const timers = new Set<Timer>();
  const nextDue = (untilMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    return next;
  };
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    setTimer: (delayMs, callback) => {
      const timer = { dueMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    nextTimerAtMs: () => nextDue(Infinity)?.dueMs,
    advance: (byMs) => {
      const untilMs = nowMs + byMs;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        timers.delete(due);
        nowMs = Math.max(nowMs, due.dueMs);
        due.callback();
      }
      nowMs = untilMs;
    },
  };
}
