import type { SourceRange } from '../runner/sink-target.ts';
import type { AnalyticsClient, AnalyticsRecord } from './analytics-client.ts';

export type PlannedRange = SourceRange & { readonly batch: bigint };

/** Batches of a sink by number: which source ranges each was fixed to, before its rows were inserted (A1). */
export async function readProgress(client: AnalyticsClient, sink: string): Promise<readonly PlannedRange[]> {
  const rows = await client.query(
    `SELECT topic, partition, toString(max(batch)) AS newest, toString(argMax(from_offset, batch)) AS begin, toString(argMax(next_offset, batch)) AS end
    FROM stepwright.sink_progress WHERE sink = {sink:String} GROUP BY topic, partition ORDER BY topic, partition`,
    { sink },
  );
  return rows.map((row) => ({
    topic: String(row['topic']),
    partition: Number(row['partition']),
    fromOffset: offsetOf(row, 'begin'),
    nextOffset: offsetOf(row, 'end'),
    batch: offsetOf(row, 'newest'),
  }));
}

export function newestBatch(ranges: readonly PlannedRange[]): bigint {
  return ranges.reduce((highest, { batch }) => (batch > highest ? batch : highest), 0n);
}

export interface Plan {
  readonly sink: string;
  readonly batch: bigint;
  readonly ranges: readonly SourceRange[];
  readonly token: string;
}

export async function writePlan(client: AnalyticsClient, { sink, batch, ranges, token }: Plan): Promise<void> {
  const rows = ranges.map(({ topic, partition, fromOffset, nextOffset }) => ({
    sink,
    topic,
    partition,
    from_offset: fromOffset.toString(),
    next_offset: nextOffset.toString(),
    batch: batch.toString(),
  }));
  await client.insert('stepwright.sink_progress', rows, `plan ${batch} ${token}`);
}

function offsetOf(row: AnalyticsRecord, column: string): bigint {
  return BigInt(String(row[column]));
}
