import type { RecordSource } from '../builder/processor.ts';
import type { Headers } from '../log/log.ts';

const noHeaders: Headers = [];

/**
 * Which input record the task is working on. One mutable object a task, so that no object is made per record; `source()` makes one when asked.
 */
export class CurrentRecord {
  headers: Headers = noHeaders;
  /** Of the record, for the owner of its dead letter. */
  key: Buffer | null = null;
  /** Innermost node that threw, for the dead letter; set while an error unwinds. */
  failedNodeName: string | undefined;
  /** The mapAsync node behind which its processing goes on; empty for the record's own turn. */
  stage = '';
  #topic = '';
  #partition = 0;
  #offset: bigint | undefined;

  begin(
    at: { readonly topic: string; readonly partition: number },
    record: { readonly offset: bigint; readonly headers: Headers; readonly key: Buffer | null },
    stage = '',
  ): void {
    this.stage = stage;
    this.#topic = at.topic;
    this.#partition = at.partition;
    this.#offset = record.offset;
    this.headers = record.headers;
    this.key = record.key;
    this.failedNodeName = undefined;
  }

  /** Between records: inside a punctuation there is no source. */
  end(): void {
    this.#offset = undefined;
    this.headers = noHeaders;
    this.key = null;
  }

  source(): RecordSource | undefined {
    if (this.#offset === undefined) return undefined;
    return { topic: this.#topic, partition: this.#partition, offset: this.#offset };
  }
}
