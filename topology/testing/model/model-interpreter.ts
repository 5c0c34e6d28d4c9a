/**
 * What a random topology must do, worked out naively from the documented meaning of stores, timers and mapAsync: maps, no layers, no
 * batches, no engine code. One instance is one partition.
 */
import { asyncValue, bypassValue, modelTimes } from './model-case.ts';
import type { ModelRecord, ModelShape, NodeKind } from './model-case.ts';

interface Session {
  readonly startMs: number;
  readonly endMs: number;
  readonly value: number;
}

interface Timer {
  readonly name: string;
  readonly dueAtMs: number;
  readonly overdue: boolean;
}

/** State of one node: whichever map its kind uses. */
class NodeState {
  readonly values = new Map<string, number>();
  readonly stamps = new Map<string, number>();
  readonly windows = new Map<string, Map<number, number>>();
  readonly sessions = new Map<string, Session[]>();
  readonly timers = new Map<string, Timer[]>();
}

type Emit = (record: ModelRecord) => void;
const tailIndex = -2;
const { ttlMs, windowMs, gapMs, retentionMs, timerMs } = modelTimes;

export class ModelInterpreter {
  readonly outputs = new Map<string, ModelRecord[]>();
  streamTimeMs = -1;
  readonly #shape: ModelShape;
  readonly #states = new Map<number, NodeState>();
  readonly #queue: ModelRecord[] = [];

  constructor(shape: ModelShape) {
    this.#shape = shape;
  }

  state(index: number): NodeState {
    const known = this.#states.get(index) ?? new NodeState();
    this.#states.set(index, known);
    return known;
  }

  tail(): NodeState {
    return this.state(tailIndex);
  }

  run(records: readonly ModelRecord[]): void {
    this.#queue.push(...records);
    for (let record = this.#queue.shift(); record !== undefined; record = this.#queue.shift()) {
      this.streamTimeMs = Math.max(this.streamTimeMs, record.timestampMs);
      if (this.#shape.hasFeedback && record.value % 2 === 0) this.#queue.push({ ...record, value: record.value / 2 });
      this.#forward(-1, record);
    }
  }

  #forward(from: number, record: ModelRecord): void {
    this.#shape.nodes.forEach(({ kind, parent }, index) => {
      if (parent !== from) return;
      this.#process(kind, this.state(index), record, (output) => {
        this.#write(`out-${index}`, output);
        this.#forward(index, output);
      });
    });
    if (this.#shape.async?.parent !== from) return;
    const mapped = { ...record, value: bypassValue(record.value) ?? asyncValue(record.value) };
    this.#write('out-async', mapped);
    this.#process(this.#shape.async.tail, this.tail(), mapped, (output) => this.#write('out-tail', output));
  }

  #write(topic: string, record: ModelRecord): void {
    this.outputs.set(topic, [...(this.outputs.get(topic) ?? []), record]);
  }

  #process(kind: NodeKind, state: NodeState, record: ModelRecord, emit: Emit): void {
    const say = (value: number) => emit({ ...record, value });
    if (kind === 'ttl') return say(this.#ttl(state, record));
    if (kind === 'window') return say(this.#window(state, record));
    if (kind === 'session') return say(this.#session(state, record));
    if (kind === 'timer') return this.#timer(state, record, emit);
    if (kind === 'scale') return say(record.value * 3);
    const before = state.values.get(record.key);
    state.values.set(record.key, kind === 'max' ? Math.max(before ?? 0, record.value) : (before ?? 0) + record.value);
    say(kind === 'spread' ? [...state.values.values()].reduce((sum, value) => sum + value, 0) : (state.values.get(record.key) ?? 0));
  }

  liveTtl(state: NodeState): Map<string, number> {
    return new Map([...state.values].filter(([key]) => (state.stamps.get(key) ?? 0) + ttlMs > this.streamTimeMs));
  }

  isLive(timeMs: number): boolean {
    return timeMs > this.streamTimeMs - retentionMs;
  }

  #ttl(state: NodeState, { key, value, timestampMs }: ModelRecord): number {
    const sum = (this.liveTtl(state).get(key) ?? 0) + value;
    state.values.set(key, sum);
    state.stamps.set(key, timestampMs);
    return sum;
  }

  /** Counts the record's window and answers with the sum of the last three windows that are still kept. */
  #window(state: NodeState, { key, timestampMs }: ModelRecord): number {
    const windows = state.windows.get(key) ?? new Map<number, number>();
    state.windows.set(key, windows);
    const startMs = Math.floor(timestampMs / windowMs) * windowMs;
    if (this.isLive(startMs)) windows.set(startMs, (windows.get(startMs) ?? 0) + 1);
    let sum = 0;
    for (const [at, count] of windows) if (this.isLive(at) && at >= startMs - 2 * windowMs && at <= startMs) sum += count;
    return sum;
  }

  /** Joins all sessions within the gap and answers with the sum of the joined one. */
  #session(state: NodeState, { key, value, timestampMs }: ModelRecord): number {
    const all = (state.sessions.get(key) ?? []).filter(({ endMs }) => this.isLive(endMs));
    const near = all.filter(({ startMs, endMs }) => endMs >= timestampMs - gapMs && startMs <= timestampMs + gapMs);
    const merged = {
      startMs: Math.min(timestampMs, ...near.map(({ startMs }) => startMs)),
      endMs: Math.max(timestampMs, ...near.map(({ endMs }) => endMs)),
      value: near.reduce((sum, session) => sum + session.value, value),
    };
    const rest = all.filter((session) => !near.includes(session));
    state.sessions.set(key, this.isLive(merged.endMs) ? [...rest, merged] : rest);
    return merged.value;
  }

  /** Sums until `quiet` fires; every third value also sets a timer for a time that has passed. */
  #timer(state: NodeState, { key, value, timestampMs }: ModelRecord, emit: Emit): void {
    const timers = () => state.timers.get(key) ?? [];
    const set = (name: string, dueAtMs: number) => {
      const others = timers().filter((timer) => timer.name !== name);
      state.timers.set(key, [...others, { name, dueAtMs, overdue: dueAtMs <= timestampMs }]);
    };
    for (;;) {
      const due = timers()
        .filter((timer) => timer.overdue || timer.dueAtMs <= timestampMs)
        .toSorted((left, right) => left.dueAtMs - right.dueAtMs || (left.name < right.name ? -1 : 1))[0];
      if (due === undefined) break;
      state.timers.set(
        key,
        timers().filter((timer) => timer !== due),
      );
      emit({ key, value: (state.values.get(key) ?? 0) + (due.name === 'quiet' ? 10_000 : 20_000), timestampMs: due.dueAtMs });
      if (due.name === 'quiet') state.values.delete(key);
    }
    state.values.set(key, (state.values.get(key) ?? 0) + value);
    set('quiet', timestampMs + timerMs);
    if (value % 3 === 0) set('late', timestampMs - 100);
    if (value % 7 === 0)
      state.timers.set(
        key,
        timers().filter(({ name }) => name !== 'quiet'),
      );
    emit({ key, value, timestampMs });
  }
}
