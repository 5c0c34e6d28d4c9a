/** Wall-clock time as a parameter. Processors never see one (T2). */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Monotonic milliseconds, for durations only. */
  monotonicMs(): number;
  /** Runs `callback` once after at least `delayMs`; the returned function cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

/**
 * The machine's clock. Its timers do not keep the process alive on their own, since whoever runs for long says so itself; `keepsAlive` is for those who have
 * nothing but a timer to wait for.
 */
export function createSystemClock({ keepsAlive = false }: { readonly keepsAlive?: boolean } = {}): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      if (!keepsAlive) timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
