/** Stream time of a task: what the open transaction has seen, and what the last commit had seen (K4). -1 before any record. */
export class StreamTime {
  openMs: number;
  committedMs: number;

  constructor(startMs: number) {
    this.openMs = startMs;
    this.committedMs = startMs;
  }

  advance(timestampMs: number): void {
    if (timestampMs > this.openMs) this.openMs = timestampMs;
  }

  fold(): void {
    this.committedMs = this.openMs;
  }

  drop(): void {
    this.openMs = this.committedMs;
  }

  /** Never lowers: the stored time is a lower bound of the committed one. */
  restore(timestampMs: number): void {
    this.committedMs = Math.max(this.committedMs, timestampMs);
    this.openMs = this.committedMs;
  }

  clear(): void {
    this.openMs = -1;
    this.committedMs = -1;
  }
}
