import type { Log } from '../../topology/log/log.ts';
import { partitionId, PendingBatch } from './pending-batch.ts';
import type { RecordCollector } from './record-collector.ts';
import type { SinkBatch, SourceRange } from './sink-target.ts';

const pollMs = 250;

/**
 * Reads exactly the planned ranges again (S4). Their ends were committed, so the wait ends. Answers undefined when there is no plan, when
 * the log no longer has all of it (reading then starts at the stored positions), or when `signal` aborts.
 */
export async function readPlanned<Row>(
  log: Log,
  collector: RecordCollector<Row>,
  planned: readonly SourceRange[],
  signal: AbortSignal,
): Promise<SinkBatch<Row> | undefined> {
  if (planned.length === 0 || !(await isInLog(log, planned))) return undefined;
  const reader = await collector.open(planned.map(({ topic, partition, fromOffset }) => ({ topic, partition, nextOffset: fromOffset })));
  const pending = new PendingBatch<Row>();
  const open = new Map(planned.map((range) => [partitionId(range), range]));
  try {
    while (open.size > 0) {
      if (signal.aborted) return undefined;
      for (const batch of await reader.poll({ maxWaitMs: pollMs })) {
        const range = open.get(partitionId(batch));
        if (range === undefined) continue;
        const isWhole = batch.nextOffset >= range.nextOffset;
        const records = batch.records.filter(({ offset }) => offset < range.nextOffset);
        await collector.collect({ ...batch, records, nextOffset: isWhole ? range.nextOffset : batch.nextOffset }, pending);
        if (isWhole) open.delete(partitionId(batch));
      }
      // A range may end in markers and aborted records, which no batch hands out.
      for (const [id, range] of open) {
        if (reader.position(range) < range.nextOffset) continue;
        await collector.collect({ ...range, records: [] }, pending);
        open.delete(id);
      }
    }
    return pending.take();
  } finally {
    await reader.close();
  }
}

async function isInLog(log: Log, planned: readonly SourceRange[]): Promise<boolean> {
  const bounds = await log.offsets(planned, 'read_committed');
  return planned.every((range) => {
    const bound = bounds.find((found) => partitionId(found) === partitionId(range));
    return bound !== undefined && bound.startOffset <= range.fromOffset && range.nextOffset <= bound.nextOffset;
  });
}
