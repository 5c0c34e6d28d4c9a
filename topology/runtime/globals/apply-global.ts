import { setImmediate as yieldToIo } from 'node:timers/promises';
import type { ChangelogEntry, ChangelogPosition, TaskState } from '../../../state/task-state.ts';
import { hasCode } from '../../base/errors.ts';
import type { GlobalStore } from '../../builder/global-store.ts';
import type { InputRecord, RecordBatch } from '../../log/log.ts';
import type { ChangelogCursor } from '../changelog-reader.ts';
import type { ChangelogRange } from '../changelog-ranges.ts';

export type GlobalCursor = ChangelogCursor & ChangelogRange & { readonly global: GlobalStore<unknown, unknown> };

const recordsPerTurn = 500;

/** Puts records of global topics into their stores. Returns how many could not be decoded and were left out (KIP-1270). */
export async function applyGlobal(state: TaskState, cursors: readonly GlobalCursor[], batches: readonly RecordBatch[]): Promise<number> {
  let refusedCount = 0;
  for (const { topic, partition, records, nextOffset } of batches) {
    const cursor = cursors.find((one) => one.topic === topic && one.partition === partition);
    if (cursor === undefined) continue;
    const entries: ChangelogEntry[] = [];
    for (const [index, record] of records.entries()) {
      if (index > 0 && index % recordsPerTurn === 0) await yieldToIo();
      const entry = entryOf(cursor.global, record);
      if (entry === undefined) refusedCount += 1;
      else entries.push(entry);
    }
    const { store, topicId } = cursor;
    await state.restore(entries, new Map<string, ChangelogPosition>([[store, { nextOffset, topicId }]]));
  }
  return refusedCount;
}

/** Undefined for a record without a key, and for one that is not of the declared types. */
function entryOf({ store, topicKey, topicValue }: GlobalStore<unknown, unknown>, { key, value }: InputRecord): ChangelogEntry | undefined {
  if (key === null) return undefined;
  try {
    const bytes = store.key.encode(topicKey.deserialize(key, key));
    if (value === null) return { store: store.name, key: bytes, value: null };
    return { store: store.name, key: bytes, value: store.value.serialize(topicValue.deserialize(value, key), bytes) };
  } catch (error) {
    if (hasCode(error, 'SERDE_FAILED', 'SEAL_KEY_GONE', 'SEAL_BROKEN')) return undefined;
    throw error;
  }
}
