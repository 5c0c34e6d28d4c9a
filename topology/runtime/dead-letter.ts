import type { ErrorCode } from '../base/error-codes.ts';
import { StepwrightError } from '../base/errors.ts';
import type { RecordSource } from '../builder/processor.ts';
import type { Headers } from '../log/log.ts';

/** A reference to a record that could not be processed, never its value: what may be secret stays in the source topic (DESIGN §4). */
export interface DeadLetter {
  readonly source: RecordSource;
  readonly taskId: string;
  readonly nodeName: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** Of the record, as far as it is known: tells the owner, and is not written. */
  readonly key?: Buffer | null;
}

/** Whose a record is, by its key; undefined when the key does not say. It must not throw. */
export type OwnerOfKey = (key: Buffer) => string | undefined;

/** Header names, after KIP-1034 where it has one. `cli` and tools read these. */
export const deadLetterHeaders = {
  topic: '__streams.errors.topic',
  partition: '__streams.errors.partition',
  offset: '__streams.errors.offset',
  code: '__streams.errors.code',
  message: '__streams.errors.message',
  node: '__streams.errors.node',
  task: '__streams.errors.task',
  owner: '__streams.errors.owner',
} as const;

export function deadLetterHeadersOf(letter: Omit<DeadLetter, 'key'>, owner?: string): Headers {
  return [
    [deadLetterHeaders.topic, Buffer.from(letter.source.topic)],
    [deadLetterHeaders.partition, Buffer.from(String(letter.source.partition))],
    [deadLetterHeaders.offset, Buffer.from(String(letter.source.offset))],
    [deadLetterHeaders.code, Buffer.from(letter.code)],
    [deadLetterHeaders.message, Buffer.from(letter.message)],
    [deadLetterHeaders.node, Buffer.from(letter.nodeName)],
    [deadLetterHeaders.task, Buffer.from(letter.taskId)],
    ...(owner === undefined ? [] : [[deadLetterHeaders.owner, Buffer.from(owner)] as const]),
  ];
}

/** Only our own errors promise a message without payload; of any other error only its class is told. */
export function describeError(error: unknown, fallback: ErrorCode): { readonly code: ErrorCode; readonly message: string } {
  if (error instanceof StepwrightError) return { code: error.code, message: error.message };
  return { code: fallback, message: error instanceof Error ? error.name : typeof error };
}
