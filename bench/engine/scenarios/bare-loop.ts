/**
 * The same counting without an engine: what the client layer alone reaches, so that the engine's overhead can be told. One thread; a Map a partition is the state; every
 * commit interval a transaction (or plain sends) with the changelog's last values, all outputs and the position; every second what changed goes
 * to RocksDB in one batch. It has no restore, no bounds, no error handling, no timers, no serde checks.
 */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRocksBackendFactory } from '../../../state/rocksdb/rocksdb-backend.ts';
import { defaultStateBudgets } from '../../../state/task-state.ts';
import { changelogTopic } from '../../../topology/builder/names.ts';
import { createKafkaLog } from '../../../topology/log/kafka/kafka-log.ts';
import type { InputRecord, OutputRecord } from '../../../topology/log/log.ts';
import { partitionOfKey } from '../../../topology/base/partition.ts';
import { fromArguments, partitionCount, storeName } from './app-order.ts';
import type { AppOrder } from './app-order.ts';
import { uint32Serde } from './serdes.ts';

const flushIntervalMs = 1_000;

interface LoopTask {
  readonly partition: number;
  readonly apply: (record: InputRecord) => void;
  readonly commit: () => Promise<void>;
}

async function run(order: AppOrder): Promise<void> {
  const log = createKafkaLog({ brokers: [order.broker] });
  const source = await log.openSource({
    groupId: order.application,
    memberId: 'bench',
    topics: [order.input],
    offsetReset: 'earliest',
    onRevoked: async () => {},
    onAssigned: async () => {},
  });
  await log.createTopics([{ name: changelogTopic(order.application, storeName), partitionCount, cleanup: 'compact' }]);
  const tasks = await Promise.all(
    Array.from({ length: partitionCount }, async (_, partition) => openLoopTask(order, partition, { log, source })),
  );
  let polling = source.poll({ maxWaitMs: 100, maxBytes: 4_194_304 });
  let committedAtMs = performance.now();
  for (;;) {
    const batches = await polling;
    polling = source.poll({ maxWaitMs: 100, maxBytes: 4_194_304 });
    for (const { partition, records } of batches) for (const record of records) tasks[partition]?.apply(record);
    if (performance.now() - committedAtMs < order.commitIntervalMs) {
      await nextTurn();
      continue;
    }
    await Promise.all(tasks.map((task) => task.commit()));
    committedAtMs = performance.now();
  }
}

interface Ports {
  readonly log: ReturnType<typeof createKafkaLog>;
  readonly source: Awaited<ReturnType<ReturnType<typeof createKafkaLog>['openSource']>>;
}

async function openLoopTask(order: AppOrder, partition: number, { log, source }: Ports): Promise<LoopTask> {
  const isCounting = order.topology === 'keyed-count';
  const backend = await createRocksBackendFactory().open(join(order.directory, String(partition)), defaultStateBudgets);
  const changelog = changelogTopic(order.application, storeName);
  const write = await openWriter(order, partition, { log, source });
  const state = new Map<string, number | Buffer>();
  const open = new Map<string, Buffer>();
  let unflushed = new Map<string, Buffer>();
  let outputs: OutputRecord[] = [];
  let nextOffset: bigint | undefined;
  let flushedAtMs = performance.now();
  const flush = (): void => {
    const batch = backend.batch();
    for (const [key, value] of unflushed) batch.put(Buffer.from(key), value);
    batch.write();
    batch.close();
    unflushed = new Map();
    flushedAtMs = performance.now();
  };
  const next = (key: string, value: Buffer): Buffer => {
    if (!isCounting) {
      const own = Buffer.from(value);
      state.set(key, own);
      return own;
    }
    const before = state.get(key);
    const count = (typeof before === 'number' ? before : 0) + 1;
    state.set(key, count);
    return uint32Serde.serialize(count, value);
  };
  return {
    partition,
    apply: ({ key, value, offset, timestampMs }) => {
      nextOffset = offset + 1n;
      if (key === null || value === null) return;
      const text = key.toString('utf8');
      const result = next(text, value);
      open.set(text, result);
      const keyBytes = Buffer.from(text);
      outputs.push({ topic: order.output, partition: partitionOfKey(keyBytes, partitionCount), key: keyBytes, value: result, timestampMs });
    },
    commit: async () => {
      if (nextOffset === undefined || outputs.length === 0) return;
      const nowMs = Date.now();
      const records: OutputRecord[] = [];
      for (const [key, value] of open) {
        records.push({ topic: changelog, partition, key: Buffer.from(key), value, timestampMs: nowMs });
        unflushed.set(key, value);
      }
      for (const record of outputs) records.push(record);
      open.clear();
      outputs = [];
      await write(records, nextOffset);
      if (performance.now() - flushedAtMs > flushIntervalMs) flush();
    },
  };
}

/** How one task's results and position reach the log. */
async function openWriter(
  order: AppOrder,
  partition: number,
  { log, source }: Ports,
): Promise<(records: readonly OutputRecord[], nextOffset: bigint) => Promise<void>> {
  const at = (nextOffset: bigint) => [{ topic: order.input, partition, nextOffset }];
  if (order.guarantee === 'at_least_once') {
    const producer = await log.openProducer();
    return async (records, nextOffset) => {
      await producer.send(records);
      await source.commitOffsets(at(nextOffset));
    };
  }
  const sink = await log.openSink({ transactionalId: `${order.application}-${partition}` });
  return async (records, nextOffset) => {
    sink.begin();
    sink.send(records);
    await sink.commit(at(nextOffset), source.membership());
  };
}

await run(fromArguments(process.argv.slice(2)));
