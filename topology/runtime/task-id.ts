/** One partition of one sub-topology. */
export interface TaskId {
  readonly subTopology: number;
  readonly partition: number;
}

/** Kafka Streams' notation, `0_3`; also the name of the task's directory. */
export function taskIdText(id: TaskId): string {
  return `${id.subTopology}_${id.partition}`;
}

/** Each task has a producer of its own: a new owner fences the old one by this id (DESIGN §3.3). */
export function transactionalIdOf(applicationId: string, id: TaskId): string {
  return `${applicationId}-${id.subTopology}-${id.partition}`;
}
