import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { taskHoldings, type HeldTask, type MemberData } from './held-task.ts';

/**
 * Versions of a member's user data, oldest first. Numbers are unsigned varints, texts have their length before them.
 * - 1: version, host, count, then per task: sub-topology, partition, holding (0 active, 1 standby, 2 closed, 3 none), lag.
 */
const memberDataVersion = 1;

export function encodeMemberData({ host, tasks }: MemberData): Buffer {
  const writer = new ByteWriter().unsigned(memberDataVersion).text(host).unsigned(tasks.length);
  for (const { id, holding, lag } of tasks) {
    writer
      .unsigned(id.subTopology)
      .unsigned(id.partition)
      .unsigned(taskHoldings.indexOf(holding))
      .unsigned(Math.min(lag, Number.MAX_SAFE_INTEGER));
  }
  return writer.finish();
}

/** Undefined for the data of another version of this engine or of another client: such a member takes part, but nothing is known of its disk. */
export function decodeMemberData(bytes: Buffer): MemberData | undefined {
  try {
    const reader = new ByteReader(bytes);
    if (reader.unsigned() !== memberDataVersion) return undefined;
    return { host: reader.text(), tasks: reader.list(() => readTask(reader)) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readTask(reader: ByteReader): HeldTask {
  const id = { subTopology: reader.unsigned(), partition: reader.unsigned() };
  const holding = taskHoldings[reader.unsigned()];
  if (holding === undefined) throw new RangeError('no holding has this number');
  return { id, holding, lag: reader.unsigned() };
}
