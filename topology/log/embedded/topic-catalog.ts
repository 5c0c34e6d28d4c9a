import { randomUUID } from 'node:crypto';
import type { TopicDescription, TopicPartition, TopicSpec } from '../log.ts';
import { unknownTopic } from '../local/log-errors.ts';
import { checkSameTopic, describeTopic } from '../local/topic-rules.ts';
import { EmbeddedPartition } from './embedded-partition.ts';
import { corrupt } from './rocks-errors.ts';
import type { Rocks } from './rocks.ts';
import { kind, metadataKey, rangeOf, topicKey } from './storage-keys.ts';
import type { TailCache } from './tail-cache.ts';

export interface EmbeddedTopic {
  readonly description: TopicDescription;
  readonly topicNumber: number;
  readonly partitions: readonly EmbeddedPartition[];
}

interface StoredTopic {
  readonly topicNumber: number;
  readonly description: TopicDescription;
}

/** What a topic has besides its description. */
const topicRows = [kind.batch, kind.head, kind.offset] as const;

const lastNumberKey = metadataKey('topics');

/** The topics of the log and their partitions, loaded at open. */
export class TopicCatalog {
  readonly #rocks: Rocks;
  readonly #cache: TailCache;
  readonly #topics = new Map<string, EmbeddedTopic>();
  readonly #byNumber = new Map<number, EmbeddedTopic>();
  #lastNumber: number;

  constructor(rocks: Rocks, cache: TailCache) {
    this.#rocks = rocks;
    this.#cache = cache;
    this.#lastNumber = rocks.get(lastNumberKey)?.readUInt32BE(0) ?? 0;
    for (const { value } of rocks.scan(rangeOf(kind.topic))) this.#add(parseTopic(value, rocks.directory));
  }

  get all(): Iterable<EmbeddedTopic> {
    return this.#topics.values();
  }

  get(name: string): EmbeddedTopic | undefined {
    return this.#topics.get(name);
  }

  byNumber(topicNumber: number): EmbeddedTopic | undefined {
    return this.#byNumber.get(topicNumber);
  }

  /** @throws {LOG_TOPIC_UNKNOWN} */
  partition(at: TopicPartition): EmbeddedPartition {
    const partition = this.#topics.get(at.topic)?.partitions[at.partition];
    if (partition === undefined) throw unknownTopic(at);
    return partition;
  }

  /** Creates the missing ones in one write. @throws {LOG_TOPIC_MISMATCH} and creates none. */
  create(specs: readonly TopicSpec[]): void {
    const added: StoredTopic[] = [];
    for (const spec of specs) {
      const description = describeTopic(spec, randomUUID());
      const existing = this.#topics.get(spec.name)?.description ?? added.find((topic) => topic.description.name === spec.name)?.description;
      if (existing !== undefined) checkSameTopic(existing, description);
      else added.push({ topicNumber: this.#lastNumber + added.length + 1, description });
    }
    if (added.length === 0) return;
    const lastNumber = this.#lastNumber + added.length;
    this.#rocks.write((batch) => {
      for (const topic of added) batch.put(topicKey(topic.description.name), Buffer.from(JSON.stringify(topic)));
      batch.put(lastNumberKey, numberBytes(lastNumber));
    });
    this.#lastNumber = lastNumber;
    for (const topic of added) this.#add(topic);
  }

  /** Forgets the topics at once; their batches and heads are removed behind that. */
  async delete(names: readonly string[]): Promise<void> {
    const gone = names.flatMap((name) => this.#topics.get(name) ?? []);
    this.#rocks.write((batch) => {
      for (const topic of gone) batch.delete(topicKey(topic.description.name));
    });
    for (const topic of gone) {
      this.#topics.delete(topic.description.name);
      this.#byNumber.delete(topic.topicNumber);
      for (const partition of topic.partitions) partition.markDeleted();
    }
    for (const { topicNumber } of gone) await this.#deleteRows(topicNumber);
  }

  /** Deletes what a crash during `delete` left: rows under a number that no topic has. One look a number and kind. */
  async removeOrphans(): Promise<void> {
    for (let topicNumber = 1; topicNumber <= this.#lastNumber; topicNumber++) {
      if (this.#byNumber.has(topicNumber)) continue;
      const hasRows = topicRows.some((of) => this.#rocks.scan({ ...rangeOf(of, topicNumber), limit: 1, keysOnly: true }).length > 0);
      if (hasRows) await this.#deleteRows(topicNumber);
    }
  }

  async #deleteRows(topicNumber: number): Promise<void> {
    for (const of of topicRows) {
      const { gte, lt } = rangeOf(of, topicNumber);
      await this.#rocks.deleteRange(gte, lt);
    }
  }

  #add({ topicNumber, description }: StoredTopic): void {
    const partitions = Array.from({ length: description.partitionCount }, (_, partition) => {
      const storage = { rocks: this.#rocks, cache: this.#cache };
      return new EmbeddedPartition({ topic: description.name, partition }, { topicNumber, partition }, storage);
    });
    const topic = { description, topicNumber, partitions };
    this.#topics.set(description.name, topic);
    this.#byNumber.set(topicNumber, topic);
  }
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function parseTopic(value: Buffer, directory: string): StoredTopic {
  const parsed: unknown = JSON.parse(value.toString('utf8'));
  if (isStoredTopic(parsed)) return parsed;
  throw corrupt(directory, 'a topic has no valid description');
}

function isStoredTopic(parsed: unknown): parsed is StoredTopic {
  return (
    typeof parsed === 'object' &&
    parsed !== null &&
    'topicNumber' in parsed &&
    'description' in parsed &&
    typeof parsed.topicNumber === 'number'
  );
}
