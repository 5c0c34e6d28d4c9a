import type { RecordSource, StreamRecord } from '../builder/processor.ts';
import type { Headers } from '../log/log.ts';

/** One record that mapAsync holds. */
export interface AsyncItem {
  readonly sequence: number;
  readonly record: StreamRecord<unknown, unknown> & { readonly headers: Headers };
  readonly source: RecordSource;
  readonly key: Buffer;
  readonly byteCount: number;
  /** False for one that only keeps its place behind others. */
  readonly needsCall: boolean;
  /** Of the monotonic clock; of its restore, for one that a process before admitted. */
  readonly admittedAtMs: number;
  attempts: number;
}

/** The records of one key, oldest first. The head is running, waiting for a free place, or waiting out a back-off. */
export interface AsyncLane {
  readonly key: string;
  readonly items: AsyncItem[];
}

export function createLane(key: string): AsyncLane {
  return { key, items: [] };
}
