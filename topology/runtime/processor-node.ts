import type { FiredTimer, Processor, StreamRecord } from '../builder/processor.ts';
import type { CurrentRecord } from './current-record.ts';
import type { RuntimeNode } from './runtime-node.ts';
import type { TimerService } from './timer-service.ts';

/** Runs a declared processor. */
export class ProcessorNode implements RuntimeNode {
  readonly name: string;
  readonly #current: CurrentRecord;
  readonly #processor: Processor<unknown, unknown>;

  constructor(name: string, current: CurrentRecord, processor: Processor<unknown, unknown>) {
    this.name = name;
    this.#current = current;
    this.#processor = processor;
  }

  receive(record: StreamRecord<unknown, unknown>): void {
    try {
      this.#processor.process(record);
    } catch (error) {
      this.#current.failedNodeName ??= this.name;
      throw error;
    }
  }

  close(): void {
    this.#processor.close?.();
  }
}

/** Runs a declared processor that has timers: what is due fires before the record (T2). */
export class TimedProcessorNode implements RuntimeNode {
  readonly name: string;
  readonly #current: CurrentRecord;
  readonly #processor: Processor<unknown, unknown>;
  readonly #timers: TimerService;
  readonly #fire: (timer: FiredTimer<unknown>) => void;

  constructor(name: string, current: CurrentRecord, processor: Processor<unknown, unknown>, timers: TimerService) {
    this.#fire = (timer) => processor.onTimer?.(timer);
    this.name = name;
    this.#current = current;
    this.#processor = processor;
    this.#timers = timers;
  }

  receive(record: StreamRecord<unknown, unknown>): void {
    try {
      this.#timers.begin(record.key, record.timestampMs, this.#fire);
      this.#processor.process(record);
    } catch (error) {
      this.#current.failedNodeName ??= this.name;
      throw error;
    } finally {
      this.#timers.end();
    }
  }

  close(): void {
    this.#processor.close?.();
  }
}
