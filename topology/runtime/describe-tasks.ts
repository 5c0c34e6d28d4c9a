import type { TopicPartition } from '../log/log.ts';
import type { RestoreProgress } from './restore-driver.ts';
import type { TaskEnvironment } from './task-environment.ts';
import type { SlotStatus, TaskSlot } from './task-slot.ts';

export type TaskRole = 'active' | 'standby' | 'warm-up';

/** One assigned task or copy of one, for the operator's page. */
export interface TaskDescription {
  readonly taskId: string;
  /** `warm-up`: a copy that is made so that the task may move here. Copies have no inputs; `running` means caught up. */
  readonly role: TaskRole;
  readonly status: SlotStatus;
  readonly failureCount: number;
  readonly inputs: readonly InputDescription[];
  readonly restore: RestoreProgress | undefined;
  readonly asyncInFlightCount: number;
  /** Layers of the store in memory. */
  readonly openCount: number;
  readonly unflushedBytes: number;
}

export interface InputDescription extends TopicPartition {
  readonly committedOffset: bigint | undefined;
  readonly endOffset: bigint;
  /** Offsets between the two: an upper bound of records, since offsets are sparse. */
  readonly lagCount: number;
}

export async function describeTasks(slots: readonly TaskSlot[], environment: TaskEnvironment): Promise<readonly TaskDescription[]> {
  const partitions = slots.flatMap((slot) => slot.inputPartitions());
  const ends = await environment.log.offsets(partitions, 'read_committed');
  return slots.map((slot) => {
    const task = slot.task();
    const usage = task?.status() === 'closed' ? undefined : task?.state().usage();
    return {
      taskId: slot.name,
      role: 'active' as const,
      status: slot.status(),
      failureCount: slot.failureCount(),
      restore: slot.progress(),
      asyncInFlightCount: task?.asyncRecordCount() ?? 0,
      openCount: usage?.openCount ?? 0,
      unflushedBytes: usage?.unflushedBytes ?? 0,
      inputs: slot.inputPartitions().map((at) => {
        const committedOffset = task?.committedOffsets().find((one) => one.topic === at.topic)?.nextOffset;
        const end = ends.find((one) => one.topic === at.topic && one.partition === at.partition);
        const endOffset = end?.nextOffset ?? 0n;
        const lagCount = Number(endOffset - (committedOffset ?? end?.startOffset ?? 0n));
        environment.engineMetrics.recordsLag.set(lagCount, { topic: at.topic, partition: String(at.partition) });
        return { topic: at.topic, partition: at.partition, committedOffset, endOffset, lagCount };
      }),
    };
  });
}
