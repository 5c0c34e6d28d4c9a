/**
 * Time from the end of a commit that took `tookMs` to the next one of its task. Commits begin an interval apart; but as long as one took is left for work, up to an interval: when the log is
 * slow, a task that commits again at once would commit nearly all the time, a turn's records each.
 */
export function pauseAfterCommitMs(tookMs: number, intervalMs: number): number {
  return Math.max(intervalMs - tookMs, Math.min(intervalMs, tookMs));
}
