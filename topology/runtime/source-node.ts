import type { ProcessorDefinition, SourceDefinition } from '../builder/node-definition.ts';
import { StepwrightError } from '../base/errors.ts';
import type { StreamRecord } from '../builder/processor.ts';
import type { InputRecord } from '../log/log.ts';
import type { PrefetchRequest } from '../../state/task-state.ts';
import type { RuntimeNode } from './runtime-node.ts';

const noKey = Buffer.alloc(0);

/** What is known about store reads before a record's turn: of nodes right behind a source only. */
type Prefetcher = (record: StreamRecord<unknown, unknown>, add: (request: PrefetchRequest) => void) => void;

/** Decodes input of one topic and delivers it to the first processors. */
export class SourceNode {
  readonly name: string;
  readonly topic: string;
  readonly #definition: SourceDefinition;
  readonly #children: readonly RuntimeNode[];
  readonly #prefetchers: readonly Prefetcher[];

  constructor(definition: SourceDefinition, children: readonly RuntimeNode[], processors: readonly ProcessorDefinition[]) {
    this.name = definition.name;
    this.topic = definition.topic;
    this.#definition = definition;
    this.#children = children;
    this.#prefetchers = processors.flatMap(prefetchersOf);
  }

  /** True when decoding ahead pays, because stores can be read for many records at once. */
  get hasPrefetch(): boolean {
    return this.#prefetchers.length > 0;
  }

  /** @throws whatever the serdes throw; a record without key or value is refused as SERDE_FAILED. */
  decode(input: InputRecord): StreamRecord<unknown, unknown> {
    if (input.key === null || input.value === null) {
      throw new StepwrightError('SERDE_FAILED', `a record of topic "${this.topic}" has no ${input.key === null ? 'key' : 'value'}`, {
        disposition: 'dead-letter',
      });
    }
    const { key, value } = this.#definition;
    const record = {
      key: key.deserialize(input.key, noKey),
      value: value.deserialize(input.value, input.key),
      timestampMs: input.timestampMs,
    };
    if (this.#definition.timestampOf === undefined) return record;
    return { ...record, timestampMs: this.#definition.timestampOf(record) };
  }

  collectPrefetch(record: StreamRecord<unknown, unknown>, add: (request: PrefetchRequest) => void): void {
    for (const prefetcher of this.#prefetchers) prefetcher(record, add);
  }

  deliver(record: StreamRecord<unknown, unknown>): void {
    for (const child of this.#children) child.receive(record);
  }
}

function prefetchersOf(definition: ProcessorDefinition): readonly Prefetcher[] {
  const prefetchers: Prefetcher[] = [];
  const timerStoreName = definition.timerStore?.name;
  if (timerStoreName !== undefined) prefetchers.push((record, add) => add({ store: timerStoreName, keys: [record.key] }));
  if (definition.prefetch !== undefined) {
    prefetchers.push((record, add) => {
      for (const [name, keys] of Object.entries(definition.prefetch?.(record) ?? {})) {
        const store = definition.stores[name]?.name;
        if (store !== undefined && keys !== undefined && keys.length > 0) add({ store, keys });
      }
    });
  }
  return prefetchers;
}
