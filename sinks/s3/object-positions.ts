import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { TopicPartitionOffset } from '../../topology/log/log.ts';

/** Positions of a sink whose target has no transactions: stored after what they stand for, so a crash repeats and never skips. */
export interface ObjectPositions {
  read(): Promise<readonly TopicPartitionOffset[]>;
  write(positions: readonly TopicPartitionOffset[]): Promise<void>;
}

/** Keeps them as `positions/<sink>/<topic>/<partition>`. */
export function createObjectPositions(store: ObjectStore, sink: string): ObjectPositions {
  const prefix = `positions/${sink}/`;
  return {
    async read() {
      const positions: TopicPartitionOffset[] = [];
      for await (const { key } of store.list(prefix)) {
        const [topic, partition] = key.slice(prefix.length).split('/');
        const body = (await store.get(key))?.toString() ?? '';
        if (topic !== undefined && partition !== undefined && /^\d+$/.test(body)) {
          positions.push({ topic, partition: Number(partition), nextOffset: BigInt(body) });
        }
      }
      return positions;
    },
    async write(positions) {
      for (const { topic, partition, nextOffset } of positions) {
        await store.put(`${prefix}${topic}/${partition}`, Buffer.from(nextOffset.toString()), { contentType: 'text/plain' });
      }
    },
  };
}
