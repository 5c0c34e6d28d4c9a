import type { PartitionRange, TopicPartition } from '../log/log.ts';
import type { RestoreProgress } from './restore-driver.ts';
import type { TaskEnvironment } from './task-environment.ts';
import type { CopyRole, KeptCopy } from './standby/standby-keeper.ts';
import type { StandbyStatus } from './standby/standby-task.ts';
import type { StreamThread } from './stream-thread.ts';
import type { SlotStatus, TaskSlot } from './task-slot.ts';

export type TaskRole = 'active' | CopyRole;

/** One assigned task or copy of one, for the operator's page. */
export interface TaskDescription {
  readonly taskId: string;
  /** Copies have no inputs; their status `running` means caught up. */
  readonly role: TaskRole;
  readonly status: SlotStatus | StandbyStatus;
  readonly failureCount: number;
  readonly inputs: readonly InputDescription[];
  readonly restore: RestoreProgress | undefined;
  /** Changelog offsets that a copy has not read yet, an upper bound as old as the last look; 0 for a task that is processed here. */
  readonly copyLagCount: number;
  readonly asyncInFlightCount: number;
  /** How full the buffers of calls in flight are; at 1 no input is admitted. */
  readonly asyncShare: number;
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

/** Tasks that are processed here, then copies. */
export async function describeTasks(thread: StreamThread, environment: TaskEnvironment): Promise<readonly TaskDescription[]> {
  const slots = thread.slots();
  const partitions = slots.flatMap((slot) => slot.inputPartitions());
  const ends = await environment.log.offsets(partitions, 'read_committed');
  return [
    ...slots.map((slot) => describeSlot(slot, ends, environment)),
    ...thread.copies().map((copy) => describeCopy(copy, thread, environment)),
  ];
}

function describeSlot(slot: TaskSlot, ends: readonly PartitionRange[], { engineMetrics }: TaskEnvironment): TaskDescription {
  const task = slot.task();
  const usage = task?.status() === 'closed' ? undefined : task?.state().usage();
  return {
    taskId: slot.name,
    role: 'active',
    status: slot.status(),
    failureCount: slot.failureCount(),
    restore: slot.progress(),
    copyLagCount: 0,
    asyncInFlightCount: task?.asyncRecordCount() ?? 0,
    asyncShare: task?.asyncShare() ?? 0,
    openCount: usage?.openCount ?? 0,
    unflushedBytes: usage?.unflushedBytes ?? 0,
    inputs: slot.inputPartitions().map((at) => {
      const committedOffset = task?.committedOffsets().find((one) => one.topic === at.topic)?.nextOffset;
      const end = ends.find((one) => one.topic === at.topic && one.partition === at.partition);
      const endOffset = end?.nextOffset ?? 0n;
      const lagCount = Number(endOffset - (committedOffset ?? end?.startOffset ?? 0n));
      engineMetrics.recordsLag.set(lagCount, { topic: at.topic, partition: String(at.partition) });
      return { topic: at.topic, partition: at.partition, committedOffset, endOffset, lagCount };
    }),
  };
}

function describeCopy(copy: KeptCopy, thread: StreamThread, { engineMetrics }: TaskEnvironment): TaskDescription {
  const copyLagCount = thread.share().copyLag(copy);
  engineMetrics.standbyLag.set(copyLagCount, { task: copy.task.name });
  return {
    taskId: copy.task.name,
    role: copy.role,
    status: copy.task.status(),
    failureCount: copy.task.failureCount(),
    restore: undefined,
    copyLagCount,
    asyncInFlightCount: 0,
    asyncShare: 0,
    openCount: 0,
    unflushedBytes: 0,
    inputs: [],
  };
}
