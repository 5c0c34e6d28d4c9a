import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Keyring } from '../../processors/ports/keyring.ts';
import { sealed } from '../../schemas/sealed.ts';
import { bufferSerde } from '../../schemas/serdes.ts';
import { createRocksBackendFactory } from '../../state/rocksdb/rocksdb-backend.ts';
import { defaultStateBudgets } from '../../state/task-state.ts';
import { openOrderedRows } from '../../sinks/scylla/embedded/ordered-rows.ts';
import { scopeOfRow } from '../../sinks/scylla/embedded/view-keys.ts';
import { inFlightStore } from '../../topology/builder/internal-stores.ts';
import type { EmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';

/** One record or row with its seal taken off, as somebody who has every key would see it. */
export interface OpenedRecord {
  readonly place: string;
  readonly key: Buffer;
  readonly bytes: Buffer;
}

const timeBytes = 8;
const storeIdBytes = 2;
const inFlight = inFlightStore('any').value;

/** Every record of every topic, headers and null values left out of nothing: each header is a record of its own here. */
export async function* openedRecords(log: EmbeddedLog, keyring: Keyring): AsyncGenerator<OpenedRecord> {
  const unseal = unsealer(keyring);
  for (const { name, partitionCount } of await log.describeTopics(log.topicNames())) {
    const partitions = Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition }));
    const ranges = await log.offsets(partitions, 'read_uncommitted');
    const from = ranges.map(({ topic, partition, startOffset }) => ({ topic, partition, nextOffset: startOffset }));
    const reader = await log.openReader({ from, isolation: 'read_uncommitted' });
    while (ranges.some((range) => reader.position(range) < range.nextOffset)) {
      for (const { records } of await reader.poll({ maxWaitMs: 1_000 })) {
        for (const record of records) {
          const key = Buffer.from(record.key ?? []);
          if (record.value !== null) yield { place: name, key, bytes: unseal(key, Buffer.from(record.value), name) };
          for (const [header, value] of record.headers)
            yield { place: `${name} ${header}`, key, bytes: unseal(key, Buffer.from(value), name) };
        }
      }
    }
    await reader.close();
  }
}

/** Every row of every task's store. */
export async function* openedRows(stateFolder: string, keyring: Keyring): AsyncGenerator<OpenedRecord> {
  const unseal = unsealer(keyring);
  const tasks = readdirSync(stateFolder, { recursive: true, withFileTypes: true }).filter(({ name }) => name === 'CURRENT');
  for (const { parentPath } of tasks) {
    const backend = await createRocksBackendFactory().open(parentPath, defaultStateBudgets);
    const cursor = backend.scan({ from: Buffer.alloc(0), to: Buffer.alloc(storeIdBytes, 0xff) });
    while (!cursor.isDone) {
      const rows = cursor.next(1_024);
      for (let at = 0; at + 1 < rows.length; at += 2) {
        const [stored, value] = [rows[at], rows[at + 1]];
        if (stored === undefined || value === undefined) continue;
        const key = stored.subarray(storeIdBytes);
        yield { place: `store ${stored.readUInt16BE(0)}`, key, bytes: unseal(key, value, 'unknown') };
      }
    }
    cursor.close();
    await backend.close();
  }
}

/** Every row of the views. */
export async function* openedViews(dataFolder: string, keyring: Keyring): AsyncGenerator<OpenedRecord> {
  const serde = sealed(bufferSerde, keyring, (key) => scopeOfRow(Buffer.from(key)) ?? '');
  const rows = await openOrderedRows({ folder: join(dataFolder, 'views'), cacheBytes: 8 << 20, memtableBytes: 8 << 20 });
  for (const [key, value] of await rows.scan({ prefix: Buffer.alloc(0) })) {
    if (value === undefined) continue;
    yield { place: 'views', key, bytes: scopeOfRow(key) === undefined ? value : serde.deserialize(value, key) };
  }
  await rows.close();
}

type Unseal = (key: Buffer, value: Buffer, name: string) => Buffer;

/** Plain values stay as they are; a TTL store's time stands before the seal; an in-flight entry holds key and value inside. */
function unsealer(keyring: Keyring): Unseal {
  const serde = sealed(bufferSerde, keyring);
  const tryOpen = (value: Buffer, key: Buffer): Buffer | undefined => {
    try {
      return serde.deserialize(value, key);
    } catch {
      return undefined;
    }
  };
  return (key, value) => tryOpen(value, key) ?? tryOpen(value.subarray(timeBytes), key) ?? openedEntry(value, tryOpen) ?? value;
}

function openedEntry(value: Buffer, tryOpen: (value: Buffer, key: Buffer) => Buffer | undefined): Buffer | undefined {
  try {
    const entry = inFlight.deserialize(value, Buffer.alloc(0));
    return tryOpen(entry.value, entry.key);
  } catch {
    return undefined;
  }
}
