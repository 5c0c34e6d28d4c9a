import type { Clock } from '../../base/clock.ts';
import { compact } from './compaction.ts';
import type { EmbeddedPartition } from './embedded-partition.ts';
import { retainBytes, retainSince } from './retention.ts';
import type { Rocks } from './rocks.ts';
import type { EmbeddedTopic, TopicCatalog } from './topic-catalog.ts';
import { removeGarbage } from './trim.ts';

export interface MaintenanceDeps {
  readonly rocks: Rocks;
  readonly topics: TopicCatalog;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly compactionMaxKeys: number;
  /** Told when a scheduled run failed; the next one tries again. */
  readonly onError: (error: unknown) => void;
}

/** A partition is compacted when at least this share of its records is new since the last time (`min.cleanable.dirty.ratio` of Kafka). */
const minDirtyShare = 0.5;

/** Runs retention, compaction and garbage removal over all partitions, one after the other, in slices, on a timer and on demand. */
export class Maintenance {
  readonly #deps: MaintenanceDeps;
  #running: Promise<void> | undefined;
  #cancelTimer = (): void => {};
  #isStopped = false;
  /** Only a crash makes orphans, so once after an open is enough. */
  #hasRemovedOrphans = false;

  constructor(deps: MaintenanceDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#cancelTimer = this.#deps.clock.setTimer(this.#deps.intervalMs, () => {
      this.run(false)
        .catch((error: unknown) => this.#deps.onError(error))
        .finally(() => {
          if (!this.#isStopped) this.start();
        });
    });
  }

  /** `isThorough` compacts whatever is dirty, however little. Calls during a run wait for it and then run. */
  async run(isThorough: boolean): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => {});
    if (this.#isStopped) return;
    this.#running = this.#runAll(isThorough).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Resolves when no run is left. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#running?.catch(() => {});
  }

  async #runAll(isThorough: boolean): Promise<void> {
    if (!this.#hasRemovedOrphans) await this.#deps.topics.removeOrphans();
    this.#hasRemovedOrphans = true;
    for (const topic of [...this.#deps.topics.all]) {
      for (const partition of topic.partitions) {
        if (this.#isStopped) return;
        await this.#maintain(topic, partition, isThorough);
      }
    }
  }

  async #maintain({ description }: EmbeddedTopic, partition: EmbeddedPartition, isThorough: boolean): Promise<void> {
    const { rocks, clock, compactionMaxKeys } = this.#deps;
    const nowMs = clock.nowMs();
    const { cleanup, retentionMs, retentionBytes } = description;
    if (cleanup !== 'compact' && retentionMs >= 0) await retainSince(rocks, partition, nowMs - retentionMs);
    await removeGarbage(rocks, partition);
    if (cleanup !== 'compact' && retentionBytes >= 0) {
      await retainBytes(rocks, partition, retentionBytes);
      await removeGarbage(rocks, partition);
    }
    if (cleanup !== 'delete' && (isThorough || isDirty(partition))) {
      await compact(rocks, partition, { topic: description, nowMs, maxKeys: compactionMaxKeys });
    }
  }
}

function isDirty(partition: EmbeddedPartition): boolean {
  const { cleanedOffset, cleanedCount, nextOffset } = partition.head;
  const dirtyCount = Number(nextOffset - cleanedOffset);
  return dirtyCount > 0 && dirtyCount >= minDirtyShare * (dirtyCount + cleanedCount);
}
