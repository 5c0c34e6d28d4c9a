import type { TopicPartitionOffset } from '../log/log.ts';
import { errorFields } from './error-fields.ts';
import type { TaskEnvironment } from './task-environment.ts';

/**
 * Deletes records of repartition topics behind the committed positions of the tasks that read them: nobody else does, and nobody reads them
 * again. Looks when a commit has moved something, so an idle app does nothing.
 */
export class RepartitionPurger {
  readonly #environment: TaskEnvironment;
  readonly #topics: ReadonlySet<string>;
  readonly #purged = new Map<string, bigint>();
  #nextAtMs: number;
  #isRunning = false;

  constructor(environment: TaskEnvironment) {
    this.#environment = environment;
    this.#topics = new Set(environment.topology.subTopologies.flatMap(({ repartitions }) => [...repartitions.keys()]));
    this.#nextAtMs = environment.clock.nowMs() + environment.bounds.repartitionPurgeIntervalMs;
  }

  /** Behind a commit. `committed` gives the positions of all tasks that run here. */
  committed(committed: () => readonly TopicPartitionOffset[]): void {
    const { clock, bounds } = this.#environment;
    if (this.#topics.size === 0 || this.#isRunning || clock.nowMs() < this.#nextAtMs) return;
    this.#nextAtMs = clock.nowMs() + bounds.repartitionPurgeIntervalMs;
    const due = committed().filter((at) => this.#topics.has(at.topic) && at.nextOffset > (this.#purged.get(keyOf(at)) ?? 0n));
    if (due.length > 0) void this.#purge(due);
  }

  /** Never rejects: what could not be deleted now is deleted with the next. */
  async #purge(due: readonly TopicPartitionOffset[]): Promise<void> {
    const { log, logger } = this.#environment;
    this.#isRunning = true;
    try {
      await log.deleteRecords(due.map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset })));
      for (const at of due) this.#purged.set(keyOf(at), at.nextOffset);
    } catch (error) {
      logger.warn(errorFields(error), 'repartition topics could not be purged; it is tried again');
    } finally {
      this.#isRunning = false;
    }
  }
}

function keyOf({ topic, partition }: TopicPartitionOffset): string {
  return `${topic}-${partition}`;
}
