/**
 * The process that the SIGKILL test kills: an app with the sample topology on the embedded log and RocksDB stores. Arguments: directory,
 * record count, key count. Writes the input that is still missing, then processes; prints one JSON line per event and `done` at the end.
 */
import { join } from 'node:path';
import { jsonSerde } from '../../schemas/serdes.ts';
import { defaultStateBudgets } from '../../state/task-state.ts';
import { partitionOfKey } from '../base/partition.ts';
import { openEmbeddedLog } from '../log/embedded/embedded-log.ts';
import type { Log, OutputRecord } from '../log/log.ts';
import { createStreamApp } from '../runtime/stream-app.ts';
import { inputRecord } from './sample-oracle.ts';
import type { Amount } from './sample-topology.ts';
import { createSampleTopology } from './sample-topology.ts';

const [directory = '', recordCountText = '0', keyCountText = '1'] = process.argv.slice(2);
const oracle = { recordCount: Number(recordCountText), keyCount: Number(keyCountText) };
const partitionCount = 2;
const inputs = Array.from({ length: partitionCount }, (_, partition) => ({ topic: 'amounts', partition }));
const amounts = jsonSerde<Amount>();
const sendCount = 1_000;

const say = (event: Record<string, unknown>): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

const log = await openEmbeddedLog({ directory: join(directory, 'log') });
await log.createTopics([
  { name: 'amounts', partitionCount },
  { name: 'reports', partitionCount },
]);
await writeMissing(log);
const app = createStreamApp({
  topology: createSampleTopology(),
  log,
  state: { directory: join(directory, 'state') },
  bounds: { commitIntervalMs: 10, recordsPerTurn: 50 },
  stateBudgets: { ...defaultStateBudgets, flushBounds: { bytes: 1e9, recordCount: 400, ageMs: 1e9 } },
  onRestore: ({ taskId, restoredCount, wiped, isDone }) => (isDone ? say({ event: 'restored', taskId, restoredCount, wiped }) : undefined),
  onTaskFailed: (taskId, error) => say({ event: 'failed', taskId, error: String(error) }),
});
await app.start();
await app.whenRunning();
say({ event: 'running' });
await finished(log);
await app.close();
await log.close();
say({ event: 'done' });

/** Each send is all or nothing and the input has one writer, so its length says where to go on. */
async function writeMissing(target: Log): Promise<void> {
  const producer = await target.openProducer();
  const ends = await target.offsets(inputs, 'read_committed');
  const written = ends.map(({ nextOffset }) => Number(nextOffset));
  const queues: OutputRecord[][] = inputs.map(() => []);
  for (let index = 0; index < oracle.recordCount; index += 1) {
    const { key, value, timestampMs } = inputRecord(index, oracle);
    const keyBytes = Buffer.from(key);
    const partition = partitionOfKey(keyBytes, partitionCount);
    queues[partition]?.push({ topic: 'amounts', partition, key: keyBytes, value: amounts.serialize(value, keyBytes), timestampMs });
  }
  for (const [partition, queue] of queues.entries()) {
    for (let first = written[partition] ?? 0; first < queue.length; first += sendCount)
      await producer.send(queue.slice(first, first + sendCount));
  }
  await producer.close();
}

/** All input committed and no call in flight. */
async function finished(target: Log): Promise<void> {
  for (;;) {
    const ends = await target.offsets(inputs, 'read_committed');
    const committed = await target.committed('sample', inputs);
    const isRead = inputs.every((_, index) => committed[index]?.nextOffset === ends[index]?.nextOffset);
    const tasks = await app.tasks();
    if (isRead && tasks.every((task) => task.asyncInFlightCount === 0 && task.openCount === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
