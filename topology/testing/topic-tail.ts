import type { Serde } from '../../schemas/serde.ts';
import type { Headers, InputRecord, Log, PartitionReader, TopicPartitionOffset } from '../log/log.ts';

/** A committed output. `value` is null for a tombstone. */
export interface TestRecord<K, V> {
  readonly key: K;
  readonly value: V | null;
  readonly timestampMs: number;
  readonly headers: Headers;
}

/** Reads a topic from given positions, committed records only. Opens its reader at the first read. */
export class TopicTail {
  readonly #log: Log;
  readonly #from: readonly TopicPartitionOffset[];
  #reader: PartitionReader | undefined;

  constructor(log: Log, from: readonly TopicPartitionOffset[]) {
    this.#log = log;
    this.#from = from;
  }

  async readRaw(): Promise<readonly InputRecord[]> {
    const reader = this.#reader ?? (await this.#log.openReader({ from: this.#from, isolation: 'read_committed' }));
    this.#reader = reader;
    const records: InputRecord[] = [];
    for (;;) {
      const batches = await reader.poll({ maxWaitMs: 0 });
      if (batches.length === 0) return records;
      for (const batch of batches) records.push(...batch.records);
    }
  }

  async read<K, V>(key: Serde<K>, value: Serde<V>): Promise<readonly TestRecord<K, V>[]> {
    const records = await this.readRaw();
    return records.map((record) => {
      const keyBytes = record.key ?? Buffer.alloc(0);
      return {
        key: key.deserialize(keyBytes, Buffer.alloc(0)),
        value: record.value === null ? null : value.deserialize(record.value, keyBytes),
        timestampMs: record.timestampMs,
        headers: record.headers,
      };
    });
  }
}
