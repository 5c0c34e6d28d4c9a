import type { RecordSource } from '../builder/processor.ts';
import type { OutputRecord } from '../log/log.ts';
import { deadLetterHeadersOf, type DeadLetter, type OwnerOfKey } from './dead-letter.ts';

/** An output and the input that caused it; undefined inside a punctuation. */
export interface CollectedRecord {
  readonly record: OutputRecord;
  readonly source: RecordSource | undefined;
  readonly nodeName: string;
}

export interface CollectorOptions {
  readonly deadLetterTopic: string;
  readonly deadLetterOwner: OwnerOfKey | undefined;
  readonly partitionCounts: ReadonlyMap<string, number>;
  readonly nowMs: () => number;
}

const recordOverheadBytes = 64;

/** Outputs and dead letters of the open transaction. Nothing leaves it before the commit step (K4). */
export class RecordCollector {
  readonly #options: CollectorOptions;
  #records: CollectedRecord[] = [];
  #byteCount = 0;
  #deadLetters: DeadLetter[] = [];

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  records(): readonly CollectedRecord[] {
    return this.#records;
  }

  /** Bytes held, for admission (K6). */
  byteCount(): number {
    return this.#byteCount;
  }

  /** Of the open transaction, in the order they were added. */
  deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters;
  }

  /** 1 for a topic that was not there at start; the log then refuses the record with LOG_TOPIC_UNKNOWN. */
  partitionCountOf(topic: string): number {
    return this.#options.partitionCounts.get(topic) ?? 1;
  }

  add(collected: CollectedRecord): void {
    const { key, value } = collected.record;
    this.#records.push(collected);
    this.#byteCount += (key?.length ?? 0) + (value?.length ?? 0) + recordOverheadBytes;
  }

  /** Stands in the same transaction as everything else the record caused, so a poison record is neither lost nor told twice. */
  addDeadLetter(letter: DeadLetter): void {
    this.#deadLetters.push(letter);
    this.add({ record: this.deadLetterRecord(letter), source: letter.source, nodeName: letter.nodeName });
  }

  deadLetterRecord(letter: DeadLetter): OutputRecord {
    const { deadLetterTopic: topic, deadLetterOwner: ownerOf } = this.#options;
    const { source, key } = letter;
    return {
      topic,
      partition: source.partition % this.partitionCountOf(topic),
      key: Buffer.from(`${source.topic}-${source.partition}-${source.offset}`),
      value: null,
      timestampMs: this.#options.nowMs(),
      headers: deadLetterHeadersOf(letter, key ? ownerOf?.(key) : undefined),
    };
  }

  clear(): void {
    this.#records = [];
    this.#byteCount = 0;
    this.#deadLetters = [];
  }
}
