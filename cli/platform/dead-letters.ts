import type { ErrorCode } from '../../topology/base/error-codes.ts';
import { errorCodes } from '../../topology/base/error-codes.ts';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { DeadLetter } from '../../schemas/types/usage.ts';
import type { InputRecord, Log, OutputRecord, TopicPartition } from '../../topology/log/log.ts';
import { deadLetterHeaders, deadLetterHeadersOf } from '../../topology/runtime/dead-letter.ts';

export const deadLetterTopic = 'dead-letters.v1';

const pollWaitMs = 250;

/** A dead letter and where it stands. */
export interface StoredDeadLetter extends DeadLetter {
  readonly letterOffset: bigint;
}

/** Writes sinks' letters in the engine's own form: headers, no value. */
export function deadLetterWriter(log: Log): { write(letters: readonly DeadLetter[]): Promise<void>; close(): Promise<void> } {
  const producer = log.openProducer();
  return {
    write: async (letters) => {
      await (await producer).send(letters.map(recordOf));
    },
    close: async () => (await producer).close(),
  };
}

/** The newest letters first, at most `limitCount`. */
export async function readDeadLetters(log: Log, limitCount: number): Promise<StoredDeadLetter[]> {
  const at = { topic: deadLetterTopic, partition: 0 };
  const [range] = await log.offsets([at], 'read_committed');
  if (range === undefined) return [];
  const reader = await log.openReader({ from: [{ ...at, nextOffset: range.startOffset }], isolation: 'read_committed' });
  const letters: StoredDeadLetter[] = [];
  try {
    // Everything before `nextOffset` is committed, so this ends; a poll may bring nothing where records were aborted.
    while (reader.position(at) < range.nextOffset) {
      for (const { records } of await reader.poll({ maxWaitMs: pollWaitMs }))
        letters.push(...records.map(({ offset, headers, timestampMs }) => letterOf(offset, timestampMs, headers)));
      if (letters.length > limitCount) letters.splice(0, letters.length - limitCount);
    }
  } finally {
    await reader.close();
  }
  return letters.reverse();
}

function recordOf(letter: DeadLetter): OutputRecord {
  const source = { topic: letter.topic, partition: letter.partition, offset: BigInt(letter.offset) };
  const { taskId, node: nodeName, code, message, tenantId } = letter;
  const headers = deadLetterHeadersOf({ source, taskId, nodeName, code: knownCode(code), message }, tenantId);
  return {
    topic: deadLetterTopic,
    partition: 0,
    key: Buffer.from(`${letter.topic}/${letter.partition}`),
    value: null,
    timestampMs: letter.atMs,
    headers,
  };
}

/** What a letter's headers say; the value is empty. */
export function readDeadLetter({ timestampMs, headers }: Pick<InputRecord, 'timestampMs' | 'headers'>): DeadLetter {
  const { letterOffset: _offset, ...letter } = letterOf(0n, timestampMs, headers);
  return letter;
}

function knownCode(code: string): ErrorCode {
  return errorCodes.find((known) => known === code) ?? 'PROCESSING_FAILED';
}

function letterOf(letterOffset: bigint, atMs: number, headers: readonly (readonly [string, Buffer])[]): StoredDeadLetter {
  const text = (name: string): string => headers.find(([header]) => header === name)?.[1].toString() ?? '';
  const tenantId = text(deadLetterHeaders.owner);
  return {
    letterOffset,
    topic: text(deadLetterHeaders.topic),
    partition: Number(text(deadLetterHeaders.partition)),
    offset: Number(text(deadLetterHeaders.offset)),
    node: text(deadLetterHeaders.node),
    taskId: text(deadLetterHeaders.task),
    code: text(deadLetterHeaders.code),
    message: text(deadLetterHeaders.message),
    atMs,
    ...(tenantId !== '' && { tenantId }),
  };
}

/**
 * Appends the letter's source record once more, unchanged and to the same partition, so that it is processed again; the letter stays as history. Answers
 * the new offset; `undefined` when the record is not in the log any more, `gone` when its session was deleted.
 */
export async function retryDeadLetter(
  log: Log,
  { topic, partition, offset }: StoredDeadLetter,
  keyring: Pick<Keyring, 'peek'>,
): Promise<bigint | 'gone' | undefined> {
  const record = await readOne(log, { topic, partition }, BigInt(offset));
  if (record === undefined) return undefined;
  const { key, value, timestampMs, headers } = record;
  if (key !== null && keyring.peek(key.toString()) === 'gone') return 'gone';
  const producer = await log.openProducer();
  try {
    const [again] = await producer.send([{ topic, partition, key, value, timestampMs, headers }]);
    return again;
  } finally {
    await producer.close();
  }
}

async function readOne(log: Log, at: TopicPartition, offset: bigint): Promise<InputRecord | undefined> {
  const [range] = (await log.describeTopics([at.topic])).length === 0 ? [] : await log.offsets([at], 'read_committed');
  if (range === undefined || offset < range.startOffset || offset >= range.nextOffset) return undefined;
  const reader = await log.openReader({ from: [{ ...at, nextOffset: offset }], isolation: 'read_committed' });
  try {
    const [batch] = await reader.poll({ maxWaitMs: 0 });
    return batch?.records.find((record) => record.offset === offset);
  } finally {
    await reader.close();
  }
}
