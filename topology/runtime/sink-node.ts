import type { SinkDefinition } from '../builder/node-definition.ts';
import { partitionOfKey } from '../base/partition.ts';
import { StepwrightError } from '../base/errors.ts';
import type { StreamRecord } from '../builder/processor.ts';
import type { OutputRecord } from '../log/log.ts';
import { describeError } from './dead-letter.ts';
import { isVoid } from './error-handlers.ts';
import type { NodeScope } from './node-scope.ts';
import type { RuntimeNode } from './runtime-node.ts';

const noKey = Buffer.alloc(0);

/** Serializes what reaches it and hands it to the collector. Headers of the input are passed on unless the record has its own. */
export class SinkNode implements RuntimeNode {
  readonly name: string;
  readonly #definition: SinkDefinition;
  readonly #scope: NodeScope;
  readonly #partitionCount: number;

  constructor(definition: SinkDefinition, scope: NodeScope) {
    this.name = definition.name;
    this.#definition = definition;
    this.#scope = scope;
    this.#partitionCount = scope.collector.partitionCountOf(definition.topic);
  }

  receive(record: StreamRecord<unknown, unknown>): void {
    const { collector, current } = this.#scope;
    const output = this.#encode(record);
    if (output !== undefined) collector.add({ record: output, source: current.source(), nodeName: this.name });
  }

  #encode(record: StreamRecord<unknown, unknown>): OutputRecord | undefined {
    const definition = this.#definition;
    try {
      const key = definition.key.serialize(record.key, noKey);
      const isTombstone = definition.tombstoneWhen?.(record) ?? false;
      return {
        topic: definition.topic,
        partition: definition.partitionOf?.(record, this.#partitionCount) ?? partitionOfKey(key, this.#partitionCount),
        key,
        value: isTombstone ? null : definition.value.serialize(record.value, key),
        timestampMs: record.timestampMs,
        headers: record.headers ?? this.#scope.current.headers,
      };
    } catch (error) {
      this.#refuse(error);
      return undefined;
    }
  }

  #refuse(error: unknown): void {
    const { collector, current, handlers, taskId } = this.#scope;
    const source = current.source();
    if (source === undefined && isVoid(error)) return this.#scope.onDropped(this.name, 'production');
    const action = source === undefined ? 'fail' : handlers.production({ taskId, nodeName: this.name, source, error });
    if (source === undefined || action === 'fail') {
      throw new StepwrightError('SERDE_FAILED', `sink "${this.name}" could not serialize a record for topic "${this.#definition.topic}"`, {
        cause: error,
      });
    }
    if (action === 'drop') this.#scope.onDropped(this.name, 'production');
    else collector.addDeadLetter({ source, key: current.key, taskId, nodeName: this.name, ...describeError(error, 'SERDE_FAILED') });
  }
}
