import type { TaskId } from '../task-id.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

/** Which member has what; the same for all members, so that each can tell a caller where a key lives. */
export interface GroupPlan {
  readonly members: readonly MemberPlan[];
  /** Tasks wait for a copy to be finished before they move: look again after a while. */
  readonly isProbing: boolean;
}

export interface MemberPlan {
  readonly memberId: string;
  /** `host:port`; empty when it advertises none. */
  readonly host: string;
  readonly active: readonly TaskId[];
  /** Copies to keep, warm-ups not among them. */
  readonly standby: readonly TaskId[];
  /** Copies to make so that the task may move here. */
  readonly warmUp: readonly TaskId[];
}

export const emptyPlan: GroupPlan = { members: [], isProbing: false };

/**
 * Versions of the plan, oldest first. Numbers are unsigned varints, texts have their length before them.
 * - 1: version, probing (0 or 1), count, then per member: id, host, and three lists (active, standby, warm-up) of sub-topology and partition.
 */
const planVersion = 1;

export function encodePlan({ members, isProbing }: GroupPlan): Buffer {
  const writer = new ByteWriter()
    .unsigned(planVersion)
    .unsigned(isProbing ? 1 : 0)
    .unsigned(members.length);
  for (const { memberId, host, active, standby, warmUp } of members) {
    writer.text(memberId).text(host);
    for (const list of [active, standby, warmUp]) {
      writer.unsigned(list.length);
      for (const { subTopology, partition } of list) writer.unsigned(subTopology).unsigned(partition);
    }
  }
  return writer.finish();
}

/** Undefined for the plan of a leader of another version: partitions are taken as given and nothing is copied. */
export function decodePlan(bytes: Buffer): GroupPlan | undefined {
  try {
    const reader = new ByteReader(bytes);
    if (reader.unsigned() !== planVersion) return undefined;
    const isProbing = reader.unsigned() === 1;
    const tasks = () => reader.list(() => ({ subTopology: reader.unsigned(), partition: reader.unsigned() }));
    const members = reader.list(() => ({
      memberId: reader.text(),
      host: reader.text(),
      active: tasks(),
      standby: tasks(),
      warmUp: tasks(),
    }));
    return { members, isProbing };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
