import { setTimeout as delay } from 'node:timers/promises';
import type { Log, OutputRecord } from '../../log/log.ts';
import type { OracleShape } from './oracle-input.ts';
import { oracleInput, partitionOf, recordCountOf } from './oracle-input.ts';
import { numberedSerde, oracleTopics, oracleTopicSpecs } from './oracle-topology.ts';

const sendCount = 1_000;

export interface FeedOptions {
  /** Pause after each thousand records, so that the program works while it is disturbed. Default none. */
  readonly pauseMs?: number;
}

/** Creates the topics and writes the whole input. The log must not be disturbed meanwhile: its producer is at-least-once. */
export async function feedOracle(log: Log, shape: OracleShape, { pauseMs = 0 }: FeedOptions = {}): Promise<void> {
  await log.createTopics(oracleTopicSpecs(shape));
  const { numbers } = oracleTopics(shape);
  const producer = await log.openProducer();
  for (let first = 0; first < recordCountOf(shape); first += sendCount) {
    const records: OutputRecord[] = [];
    for (let index = first; index < Math.min(first + sendCount, recordCountOf(shape)); index += 1) {
      const { key, value, timestampMs } = oracleInput(index, shape);
      const keyBytes = Buffer.from(key);
      records.push({
        topic: numbers,
        partition: partitionOf(key, shape),
        key: keyBytes,
        value: numberedSerde.serialize(value, keyBytes),
        timestampMs,
      });
    }
    await producer.send(records);
    if (pauseMs > 0) await delay(pauseMs);
  }
  await producer.close();
}

/** Waits until as many records have come out at the end as went in. @throws {Error} when that takes longer than `withinMs`. */
export async function oracleDone(log: Log, shape: OracleShape, withinMs: number): Promise<void> {
  const { groupTotals } = oracleTopics(shape);
  const from = Array.from({ length: shape.partitionCount }, (_, partition) => ({ topic: groupTotals, partition, nextOffset: 0n }));
  const reader = await log.openReader({ from, isolation: 'read_committed' });
  const endsAtMs = performance.now() + withinMs;
  let count = 0;
  while (count < recordCountOf(shape)) {
    if (performance.now() > endsAtMs) {
      throw new Error(`the oracle program has ${count} of ${recordCountOf(shape)} records out after ${Math.round(withinMs)} ms`);
    }
    const batches = await reader.poll({ maxWaitMs: 100 });
    count += batches.reduce((sum, { records }) => sum + records.length, 0);
  }
  await reader.close();
}
