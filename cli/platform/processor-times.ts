import type { ProcessorTimes } from '../../schemas/types/usage.ts';
import type { Serde } from '../../schemas/serde.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Processor } from '../../topology/builder/processor.ts';
import type { Log } from '../../topology/log/log.ts';
import type { WrapProcessor } from '../../topology/runtime/wrap-processor.ts';

export const processorTimesTopic = 'processor.times.v1';

const noKey = new Uint8Array();

interface Span {
  recordCount: number;
  busyMs: number;
  slowestMs: number;
}

/**
 * How long each node takes, over all tasks of a thread. A node's `forward` runs its children inside its own call, so what they took is taken off: times
 * of nodes add up to the time of the chain. Decides nothing (T1): it reads a clock and looks at no record.
 */
export class NodeTimes {
  readonly #nowMs: () => number;
  readonly #spans = new Map<string, Span>();
  /** Of the calls under way, innermost last: what their children took. */
  readonly #children: number[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  readonly wrap: WrapProcessor = (node, supplier) => (context) => {
    const inner = supplier(context);
    const timed: Processor<unknown, unknown> = {
      process: (record) => this.#measure(node, () => inner.process(record)),
      onTimer: (timer) => this.#measure(node, () => inner.onTimer?.(timer)),
      close: () => inner.close?.(),
    };
    return timed;
  };

  /** What was measured since the last call, in microseconds. */
  take(): readonly Pick<ProcessorTimes, 'node' | 'recordCount' | 'busyUs' | 'slowestUs'>[] {
    const taken = [...this.#spans].map(([node, { recordCount, busyMs, slowestMs }]) => ({
      node,
      recordCount,
      busyUs: Math.round(busyMs * 1000),
      slowestUs: Math.round(slowestMs * 1000),
    }));
    this.#spans.clear();
    return taken;
  }

  #measure(node: string, call: () => void): void {
    const beganMs = this.#nowMs();
    this.#children.push(0);
    try {
      call();
    } finally {
      const wholeMs = this.#nowMs() - beganMs;
      const ownMs = Math.max(0, wholeMs - (this.#children.pop() ?? 0));
      const outer = this.#children.length - 1;
      if (outer >= 0) this.#children[outer] = (this.#children[outer] ?? 0) + wholeMs;
      this.#add(node, ownMs);
    }
  }

  #add(node: string, ownMs: number): void {
    const span = this.#spans.get(node) ?? { recordCount: 0, busyMs: 0, slowestMs: 0 };
    span.recordCount += 1;
    span.busyMs += ownMs;
    span.slowestMs = Math.max(span.slowestMs, ownMs);
    this.#spans.set(node, span);
  }
}

export interface TellTimesOptions {
  readonly log: Log;
  readonly times: NodeTimes;
  readonly serde: Serde<ProcessorTimes>;
  /** Tells processes and threads apart. */
  readonly process: string;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Writes to the log what nodes took, every now and then and once more at the end. What cannot be written is lost: these are numbers about the work, not the work. */
export function tellTimes({ log, times, serde, process, everyMs, clock, logger }: TellTimesOptions): { close(): Promise<void> } {
  const producer = log.openProducer();
  let last: Promise<void> = Promise.resolve();
  let cancel = (): void => {};
  let isClosed = false;
  const tell = async (): Promise<void> => {
    const atMs = clock.nowMs();
    const records = times.take().map((span) => ({
      topic: processorTimesTopic,
      partition: 0,
      key: Buffer.from(span.node),
      value: Buffer.from(serde.serialize({ ...span, process, atMs }, noKey)),
      timestampMs: atMs,
    }));
    if (records.length > 0) await (await producer).send(records);
  };
  const tellOrSay = async (): Promise<void> => {
    try {
      await tell();
    } catch (error) {
      logger.warn({ error: String(error) }, 'Times of processors could not be written.');
    }
  };
  const next = (): void => {
    if (isClosed) return;
    cancel = clock.setTimer(everyMs, () => {
      last = tellOrSay().finally(next);
    });
  };
  next();
  producer.catch(() => undefined);
  return {
    close: async () => {
      isClosed = true;
      cancel();
      await last;
      await tell().catch(() => undefined);
      await (await producer.catch(() => undefined))?.close();
    },
  };
}
