import type { StreamRecord } from '../builder/processor.ts';
import type { InputRecord } from '../log/log.ts';
import type { PrefetchRequest, TaskState } from '../../state/task-state.ts';
import type { InputQueue } from './partition-group.ts';
import type { SourceNode } from './source-node.ts';

/** A decoded record, or why it could not be decoded. */
export type Decoded = { readonly record: StreamRecord<unknown, unknown> } | { readonly error: unknown };

export interface FedRecord {
  readonly input: InputRecord;
  readonly decoded: Decoded;
}

const chunkSize = 512;

/**
 * Takes records out of one queue, decoded. Decodes a chunk ahead when nodes can say what they will read, so that one native call fetches it
 * for all of them. A poison record fails at its own turn, not when it is looked at.
 */
export class SourceFeed {
  readonly queue: InputQueue;
  readonly node: SourceNode;
  readonly #state: TaskState;
  #chunk: readonly Decoded[] = [];
  #index = 0;

  constructor(queue: InputQueue, node: SourceNode, state: TaskState) {
    this.queue = queue;
    this.node = node;
    this.#state = state;
  }

  next(): FedRecord | undefined {
    if (this.node.hasPrefetch && this.#index >= this.#chunk.length) this.#readAhead();
    const input = this.queue.take();
    if (input === undefined) return undefined;
    const decoded = this.#chunk[this.#index] ?? this.#decode(input);
    this.#index += 1;
    return { input, decoded };
  }

  #readAhead(): void {
    const inputs = this.queue.peekBatch(chunkSize);
    const keysOf = new Map<string, unknown[]>();
    const add = ({ store, keys }: PrefetchRequest) => {
      const known = keysOf.get(store);
      if (known === undefined) keysOf.set(store, [...keys]);
      else known.push(...keys);
    };
    const chunk: Decoded[] = [];
    for (const input of inputs) {
      const decoded = this.#decode(input);
      chunk.push(decoded);
      if ('record' in decoded) this.node.collectPrefetch(decoded.record, add);
    }
    this.#chunk = chunk;
    this.#index = 0;
    this.#state.prefetch([...keysOf].map(([store, keys]) => ({ store, keys })));
  }

  #decode(input: InputRecord): Decoded {
    try {
      return { record: this.node.decode(input) };
    } catch (error) {
      return { error };
    }
  }
}
