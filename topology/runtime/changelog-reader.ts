import { setImmediate as yieldToIo } from 'node:timers/promises';
import { StepwrightError } from '../base/errors.ts';
import type { Log, PartitionReader, RecordBatch, TopicPartition } from '../log/log.ts';

/** One changelog partition that is read for somebody, and the position of what comes next. */
export interface ChangelogCursor extends TopicPartition {
  nextOffset: bigint;
}

/** Who wants changelogs. One feed a task; its calls come one after the other. */
export interface ChangelogFeed {
  /** A restore, which a task waits for, goes before copies, which nobody waits for. */
  readonly isRestore: boolean;
  readonly cursors: readonly ChangelogCursor[];
  /** What was read for it, in order; often nothing. The cursors stand behind it. A rejection ends the feed. */
  take(batches: readonly RecordBatch[]): Promise<void>;
  /** It gets nothing any more. */
  failed(error: unknown): void;
}

export interface ChangelogReaderOptions {
  readonly log: Log;
  /** Asked for at one poll; less while tasks process beside it, so that they keep their turns. */
  readonly pollBytes: () => number;
}

const restoreWaitMs = 50;
const copyWaitMs = 500;

/**
 * Reads the changelogs of all tasks of one member that restore or are copies: one loop, one reader, at read-committed isolation, beside
 * processing. Owns the reader; does not own what is done with the records. While a task restores, copies wait.
 */
export class ChangelogReader {
  readonly #options: ChangelogReaderOptions;
  readonly #feeds = new Set<ChangelogFeed>();
  #reader: PartitionReader | undefined;
  #readFor: readonly ChangelogFeed[] = [];
  #taking: { readonly feed: ChangelogFeed; readonly done: Promise<void> } | undefined;
  #running: Promise<void> | undefined;
  /** The last poll did not wait and brought nothing. */
  #isIdle = false;
  #isClosed = false;

  constructor(options: ChangelogReaderOptions) {
    this.#options = options;
  }

  add(feed: ChangelogFeed): void {
    this.#feeds.add(feed);
    this.#changed();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // A feed that came while the last round ended.
      if (this.#feeds.size > 0 && !this.#isClosed) this.add([...this.#feeds][0] ?? feed);
    });
  }

  /** Resolves when the feed is not called any more. */
  async remove(feed: ChangelogFeed): Promise<void> {
    if (!this.#feeds.delete(feed)) return;
    this.#changed();
    if (this.#taking?.feed === feed) await this.#taking.done;
  }

  /** Ends the loop. Feeds are told nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#feeds.clear();
    this.#changed();
    await this.#running;
  }

  /** Ends a poll for feeds that are no longer those to read for. */
  #changed(): void {
    if (!isReadFor(this.#readFor, this.#wanted())) void this.#closeReader();
  }

  #wanted(): readonly ChangelogFeed[] {
    const feeds = [...this.#feeds];
    const restores = feeds.filter(({ isRestore }) => isRestore);
    return restores.length > 0 ? restores : feeds;
  }

  async #run(): Promise<void> {
    for (let feeds = this.#wanted(); feeds.length > 0; feeds = this.#wanted()) {
      try {
        await this.#round(feeds);
      } catch (error) {
        this.#fail(feeds, error);
      }
      await yieldToIo();
    }
    await this.#closeReader();
  }

  /** Reads once and hands out. */
  async #round(feeds: readonly ChangelogFeed[]): Promise<void> {
    const reader = await this.#readerFor(feeds);
    if (reader === undefined) return;
    const batches = await this.#poll(reader, feeds);
    if (batches === undefined) return;
    this.#isIdle = batches.length === 0 && !this.#isIdle;
    for (const feed of feeds) {
      if (!this.#feeds.has(feed)) continue;
      const own = batches.filter((batch) => feed.cursors.some((cursor) => isAt(cursor, batch)));
      for (const cursor of feed.cursors) cursor.nextOffset = reader.position(cursor);
      await this.#hand(feed, own);
    }
  }

  /** Undefined when the reader was closed meanwhile for others: what it read, or how it ended, is nobody's matter then. */
  async #poll(reader: PartitionReader, feeds: readonly ChangelogFeed[]): Promise<readonly RecordBatch[] | undefined> {
    // An empty answer may still have moved the position over aborted records: look before waiting.
    const waitMs = feeds.some(({ isRestore }) => isRestore) ? restoreWaitMs : copyWaitMs;
    try {
      const batches = await reader.poll({ maxWaitMs: this.#isIdle ? waitMs : 0, maxBytes: this.#options.pollBytes() });
      return reader === this.#reader ? batches : undefined;
    } catch (error) {
      if (reader === this.#reader) throw error;
      return undefined;
    }
  }

  async #hand(feed: ChangelogFeed, batches: readonly RecordBatch[]): Promise<void> {
    const done = feed.take(batches).catch((error: unknown) => this.#fail([feed], error));
    this.#taking = { feed, done };
    await done;
    this.#taking = undefined;
  }

  /** Undefined when others are to be read for meanwhile. */
  async #readerFor(feeds: readonly ChangelogFeed[]): Promise<PartitionReader | undefined> {
    if (this.#reader !== undefined && isReadFor(this.#readFor, feeds)) return this.#reader;
    await this.#closeReader();
    const reader = await this.#options.log.openReader({
      from: feeds.flatMap(({ cursors }) => cursors.map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset }))),
      isolation: 'read_committed',
    });
    if (!isReadFor(feeds, this.#wanted())) {
      await reader.close();
      return undefined;
    }
    this.#readFor = feeds;
    this.#reader = reader;
    return reader;
  }

  async #closeReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#readFor = [];
    this.#isIdle = false;
    await reader?.close();
  }

  /** A failure that names a partition is that feed's alone. The reader may have read for others what it did not hand out, so it is opened anew. */
  #fail(feeds: readonly ChangelogFeed[], error: unknown): void {
    void this.#closeReader();
    const context = error instanceof StepwrightError ? error.context : {};
    const named = feeds.filter(({ cursors }) =>
      cursors.some((at) => at.topic === context['topic'] && at.partition === context['partition']),
    );
    for (const feed of named.length > 0 ? named : feeds) {
      if (this.#feeds.delete(feed)) feed.failed(error);
    }
  }
}

function isAt(left: TopicPartition, right: TopicPartition): boolean {
  return left.topic === right.topic && left.partition === right.partition;
}

/** A reader of many restores goes on when some of them are done: those that are left would else start over again and again. */
function isReadFor(readFor: readonly ChangelogFeed[], wanted: readonly ChangelogFeed[]): boolean {
  if (wanted.length === 0 || wanted.some((feed) => !readFor.includes(feed))) return false;
  return wanted.length === readFor.length || wanted.every(({ isRestore }) => isRestore);
}
