import type { Clock } from '../../topology/base/clock.ts';
import { refuse } from '../http/refusal.ts';
import type { Refusal } from '../http/refusal.ts';
import type { IngestLimits } from './limits.ts';
import type { SessionTable } from './session-table.ts';

/** An agent that lost the answer to its finish asks again within this time. */
const finishedKeptMs = 600_000;
/** A table that is full of open sessions is not searched again at once: each look reads all of it. */
const searchEveryMs = 1_000;

/**
 * How many session states are held at most. A full table lets go of those that finished longest ago, a tenth of it at a time: their views answer for them
 * from then on (`SESSION_TOO_OLD`). When all are open, no further session is; those that are go on.
 */
export class SessionBound {
  readonly #table: SessionTable;
  readonly #limits: Pick<IngestLimits, 'maxSessions'>;
  readonly #clock: Clock;
  #searchAgainAtMs = -Infinity;

  constructor(table: SessionTable, limits: Pick<IngestLimits, 'maxSessions'>, clock: Clock) {
    this.#table = table;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Makes room for one more, or says when to come back. */
  admit(): Refusal | undefined {
    this.trim();
    if (this.#table.size < this.#limits.maxSessions) return undefined;
    return refuse('SERVER_BUSY', 'as many recordings as may be are under way', { retryAfterMs: 30_000 });
  }

  /** Lets go of what finished longest ago when the table is full: other gateways' sessions fill it too. */
  trim(): void {
    const { maxSessions } = this.#limits;
    if (this.#table.size < maxSessions) return;
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#searchAgainAtMs) {
      this.#searchAgainAtMs = nowMs + searchEveryMs;
      const excessCount = this.#table.size - maxSessions + Math.ceil(maxSessions / 10);
      for (const scope of this.#table.finishedBefore(nowMs - finishedKeptMs).slice(0, excessCount)) this.#table.delete(scope);
    }
  }
}
