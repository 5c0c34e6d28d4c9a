import type { InFlightEntry } from '../builder/internal-stores.ts';
import type { MapAsyncDefinition } from '../builder/node-definition.ts';
import { StepwrightError } from '../base/errors.ts';
import type { RecordSource, StreamRecord } from '../builder/processor.ts';
import type { KeyValueStore } from '../../state/store.ts';
import { backOffMs } from './back-off.ts';
import { describeError } from './dead-letter.ts';
import { type AsyncLane, type AsyncItem, createLane } from './async-lane.ts';
import type { NodeScope } from './node-scope.ts';
import type { RuntimeNode } from './runtime-node.ts';

/** What a node holds, for metrics. */
export interface AsyncBacklog {
  readonly nodeName: string;
  /** Records whose call has no answer yet; others wait behind them for their order. */
  readonly callCount: number;
  /** How long the oldest of them has waited here; 0 when there is none. */
  readonly oldestMs: number;
}

/** An in-flight entry that cannot be decoded. */
interface BrokenEntry {
  readonly sequence: number;
  readonly source: RecordSource;
  readonly key: Buffer;
  readonly error: unknown;
}

export interface MapAsyncOptions {
  readonly definition: MapAsyncDefinition;
  readonly scope: NodeScope;
  readonly store: KeyValueStore<number, InFlightEntry>;
  readonly children: readonly RuntimeNode[];
}

/**
 * Runs an async function a record: in order per key, keys side by side up to a bound. Owns the lanes (what is in flight, and queued behind
 * it); the node's store holds the same, so a commit never waits for a call: offsets move past it and restore issues it again (DESIGN §3.5).
 * Results come back through the loop (`scope.enqueue`); a rollback or close voids them and aborts the calls (K4).
 * The bound on what is held stops admission of input only; what was admitted always finishes (K6).
 */
export class MapAsyncNode implements RuntimeNode {
  readonly name: string;
  readonly #definition: MapAsyncDefinition;
  readonly #scope: NodeScope;
  readonly #store: KeyValueStore<number, InFlightEntry>;
  readonly #children: readonly RuntimeNode[];
  readonly #abort = new AbortController();
  readonly #lanes = new Map<string, AsyncLane>();
  readonly #ready: AsyncLane[] = [];
  #runningCount = 0;
  #nextSequence = 0;
  #heldCount = 0;
  #heldBytes = 0;
  #callCount = 0;

  constructor({ definition, scope, store, children }: MapAsyncOptions) {
    this.name = definition.name;
    this.#definition = definition;
    this.#scope = scope;
    this.#store = store;
    this.#children = children;
  }

  heldCount(): number {
    return this.#heldCount;
  }

  heldBytes(): number {
    return this.#heldBytes;
  }

  backlog(): AsyncBacklog {
    // A lane's head is its oldest, and always one that needs a call: others pass when they come to the head.
    let oldestAtMs = Number.POSITIVE_INFINITY;
    for (const { items } of this.#lanes.values()) oldestAtMs = Math.min(oldestAtMs, items[0]?.admittedAtMs ?? Number.POSITIVE_INFINITY);
    const oldestMs = this.#lanes.size === 0 ? 0 : this.#scope.clock.monotonicMs() - oldestAtMs;
    return { nodeName: this.name, callCount: this.#callCount, oldestMs };
  }

  receive(record: StreamRecord<unknown, unknown>): void {
    const keyBytes = this.#definition.key.encode(record.key);
    const laneKey = keyBytes.toString('latin1');
    const lane = this.#lanes.get(laneKey);
    if (lane === undefined) {
      const bypassed = this.#definition.bypass?.(record);
      if (bypassed !== undefined) return this.#forward(record, bypassed);
    }
    const item = this.#admit(record, keyBytes);
    const target = this.#push(item, laneKey);
    if (lane === undefined) this.#ready.push(target);
    this.#pump();
  }

  /** After restore or rollback: issues again what the store says is in flight, in the order of admission. */
  reissue(): void {
    const broken: BrokenEntry[] = [];
    for (const [sequence, entry] of this.#store.range(undefined, undefined)) {
      this.#nextSequence = sequence + 1;
      try {
        const record = this.#decode(entry);
        this.#push(this.#itemOf(sequence, record, entry), entry.key.toString('latin1'));
      } catch (error) {
        broken.push({ sequence, source: entry.source, key: entry.key, error });
      }
    }
    if (this.#lanes.size === 0 && broken.length === 0) return;
    this.#scope.enqueue(() => {
      for (const entry of broken) this.#discard(entry);
      for (const lane of [...this.#lanes.values()]) this.#advance(lane);
      this.#pump();
    });
  }

  close(): void {
    this.#abort.abort();
  }

  #decode(entry: InFlightEntry): AsyncItem['record'] {
    const key = this.#definition.key.decode(entry.key);
    const value = this.#definition.input.deserialize(entry.value, entry.key);
    return { key, value, timestampMs: entry.timestampMs, headers: entry.headers };
  }

  /** An entry that cannot be read any more, such as one whose session was forgotten meanwhile, must not keep the task from starting. */
  #discard({ sequence, source, key, error }: BrokenEntry): void {
    const { handlers, taskId, collector } = this.#scope;
    const action = handlers.deserialization({ taskId, nodeName: this.name, source, error });
    if (action === 'fail') throw error;
    this.#store.delete(sequence);
    if (action === 'drop') this.#scope.onDropped(this.name, 'async');
    else collector.addDeadLetter({ source, key, taskId, nodeName: this.name, ...describeError(error, 'SERDE_FAILED') });
  }

  #admit(record: StreamRecord<unknown, unknown>, keyBytes: Buffer): AsyncItem {
    const source = this.#scope.current.source();
    if (source === undefined)
      throw new StepwrightError(
        'PROCESSING_FAILED',
        `mapAsync "${this.name}" got a record outside any input record: punctuations cannot feed it`,
      );
    const entry: InFlightEntry = {
      key: keyBytes,
      value: this.#definition.input.serialize(record.value, keyBytes),
      timestampMs: record.timestampMs,
      headers: record.headers ?? this.#scope.current.headers,
      source,
    };
    const sequence = this.#nextSequence;
    this.#nextSequence += 1;
    this.#store.put(sequence, entry);
    return this.#itemOf(sequence, { ...record, headers: entry.headers }, entry);
  }

  #itemOf(sequence: number, record: AsyncItem['record'], entry: InFlightEntry): AsyncItem {
    const needsCall = this.#definition.bypass?.(record) === undefined;
    const admittedAtMs = this.#scope.clock.monotonicMs();
    const { source, key } = entry;
    return { sequence, record, source, key, byteCount: sizeOf(entry), needsCall, admittedAtMs, attempts: 0 };
  }

  #push(item: AsyncItem, laneKey: string): AsyncLane {
    const lane = this.#lanes.get(laneKey) ?? createLane(laneKey);
    lane.items.push(item);
    this.#heldCount += 1;
    this.#heldBytes += item.byteCount;
    if (item.needsCall) this.#callCount += 1;
    this.#lanes.set(laneKey, lane);
    return lane;
  }

  #pump(): void {
    while (this.#runningCount < this.#definition.concurrencyCount) {
      const lane = this.#ready.shift();
      if (lane === undefined) return;
      const item = lane.items[0];
      if (item !== undefined) this.#start(lane, item);
    }
  }

  #start(lane: AsyncLane, item: AsyncItem): void {
    this.#runningCount += 1;
    item.attempts += 1;
    const settle = (finish: () => void) => {
      this.#scope.enqueue(() => {
        this.#runningCount -= 1;
        finish();
        this.#pump();
      });
    };
    this.#call(item).then(
      (result) => settle(() => this.#complete(lane, item, () => this.#forward(item.record, result))),
      (error: unknown) => settle(() => this.#fail(lane, item, error)),
    );
  }

  async #call(item: AsyncItem): Promise<unknown> {
    return this.#definition.map(item.record, this.#abort.signal);
  }

  #fail(lane: AsyncLane, item: AsyncItem, error: unknown): void {
    if (error instanceof StepwrightError && error.disposition === 'retry') {
      const delayMs = backOffMs(item.attempts, this.#scope.random());
      this.#scope.clock.setTimer(delayMs, () => this.#scope.enqueue(() => this.#retry(lane)));
      return;
    }
    const { handlers, taskId } = this.#scope;
    const action = handlers.processing({ taskId, nodeName: this.name, source: item.source, error });
    if (action === 'fail') {
      this.#scope.current.failedNodeName = this.name;
      throw error;
    }
    this.#complete(lane, item, () => {
      if (action === 'drop') this.#scope.onDropped(this.name, 'async');
      else this.#deadLetter(item, error);
    });
  }

  #retry(lane: AsyncLane): void {
    this.#ready.push(lane);
    this.#pump();
  }

  #deadLetter(item: AsyncItem, error: unknown): void {
    const { collector, taskId } = this.#scope;
    collector.addDeadLetter({ source: item.source, key: item.key, taskId, nodeName: this.name, ...describeError(error, 'ASYNC_FAILED') });
  }

  #complete(lane: AsyncLane, item: AsyncItem, effect: () => void): void {
    this.#finish(lane, item, effect);
    this.#advance(lane);
  }

  /** The head of a lane is done: it leaves the store in the same transaction as what it causes. */
  #finish(lane: AsyncLane, item: AsyncItem, effect: () => void): void {
    const { current } = this.#scope;
    current.begin(item.source, { offset: item.source.offset, headers: item.record.headers, key: item.key }, this.name);
    this.#store.delete(item.sequence);
    lane.items.shift();
    this.#heldCount -= 1;
    this.#heldBytes -= item.byteCount;
    if (item.needsCall) this.#callCount -= 1;
    if (!this.#scope.isCondemned()) effect();
    current.end();
  }

  /** Passes heads that need no call, then puts the lane in line for one. */
  #advance(lane: AsyncLane): void {
    for (;;) {
      const head = lane.items[0];
      if (head === undefined) {
        this.#lanes.delete(lane.key);
        return;
      }
      const bypassed = this.#definition.bypass?.(head.record);
      if (bypassed === undefined) {
        this.#ready.push(lane);
        return;
      }
      this.#finish(lane, head, () => this.#forward(head.record, bypassed));
    }
  }

  #forward(record: StreamRecord<unknown, unknown>, value: unknown): void {
    const output = { ...record, value };
    for (const child of this.#children) child.receive(output);
  }
}

function sizeOf(entry: InFlightEntry): number {
  return entry.key.length + entry.value.length;
}
