/** Wall-clock time as a parameter. Processors never see one (T2). */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Monotonic milliseconds, for durations only. */
  monotonicMs(): number;
  /** Runs `callback` once after at least `delayMs`; the returned function cancels it. Does not keep the process alive on its own. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

/** The machine's clock. */
export function createSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
