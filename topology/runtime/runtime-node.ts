import type { StreamRecord } from '../builder/processor.ts';

/** A node of a running task. Types were checked by the builder and are erased here. */
export interface RuntimeNode {
  readonly name: string;
  /** Handles one record and everything it causes downstream before it returns. */
  receive(record: StreamRecord<unknown, unknown>): void;
  /** Called once, when the task closes or rolls back; the node is not used again. */
  close?(): void;
}
