import assert from 'node:assert/strict';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { GlobalStore } from '../builder/global-store.ts';
import type { KeyTimers, ProcessorContext, RecordSource, StreamRecord } from '../builder/processor.ts';
import type { ReadOnlyKeyValueStore } from '../../state/store.ts';
import type { NodeScope } from './node-scope.ts';
import type { RuntimeNode } from './runtime-node.ts';

export interface NodeContextOptions {
  readonly nodeName: string;
  readonly scope: NodeScope;
  readonly stores: unknown;
  readonly timers: KeyTimers;
  readonly children: readonly RuntimeNode[];
}

/** What one processor of one task sees of the engine. */
export class NodeContext implements ProcessorContext<unknown, unknown, unknown> {
  readonly stores: unknown;
  readonly timers: KeyTimers;
  readonly taskId: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly #nodeName: string;
  readonly #scope: NodeScope;
  readonly #children: readonly RuntimeNode[];

  constructor({ nodeName, scope, stores, timers, children }: NodeContextOptions) {
    this.stores = stores;
    this.timers = timers;
    this.taskId = scope.taskId;
    this.logger = scope.logger.child({ node: nodeName });
    this.metrics = scope.metrics;
    this.#nodeName = nodeName;
    this.#scope = scope;
    this.#children = children;
  }

  forward(record: StreamRecord<unknown, unknown>, childName?: string): void {
    if (childName === undefined) {
      for (const child of this.#children) child.receive(record);
      return;
    }
    const child = this.#children.find((one) => one.name === childName);
    assert(child, `processor "${this.#nodeName}" forwards to "${childName}", which is not one of its children`);
    child.receive(record);
  }

  schedulePunctuation(name: string, intervalMs: number, callback: (wallClockMs: number) => void): void {
    assert(intervalMs > 0, `punctuation "${name}" of "${this.#nodeName}" needs an interval above 0 ms`);
    this.#scope.punctuations.schedule(`${this.#nodeName}/${name}`, intervalMs, callback);
  }

  globalStore<K, V>(store: GlobalStore<K, V>): ReadOnlyKeyValueStore<K, V> {
    return this.#scope.globalStore(store);
  }

  streamTimeMs(): number {
    return this.#scope.state.streamTimeMs();
  }

  source(): RecordSource | undefined {
    return this.#scope.current.source();
  }

  caughtUp(): boolean {
    return this.#scope.caughtUp();
  }

  deadLetter(code: ErrorCode, message: string): void {
    const { current, collector } = this.#scope;
    const source = current.source();
    assert(source, `processor "${this.#nodeName}" sends a dead letter outside a record`);
    collector.addDeadLetter({ source, key: current.key, taskId: this.taskId, nodeName: this.#nodeName, code, message });
  }

  drop(reason: string): void {
    this.#scope.onDropped(this.#nodeName, reason);
  }
}
