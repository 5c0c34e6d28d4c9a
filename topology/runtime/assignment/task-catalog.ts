import type { SubTopology } from '../../builder/sub-topology.ts';
import type { Topology } from '../../builder/topology-builder-api.ts';
import type { TopicPartition } from '../../log/log.ts';
import { taskIdText, type TaskId } from '../task-id.ts';

/** One task, as the assignor sees it. */
export interface CatalogTask {
  readonly id: TaskId;
  readonly name: string;
  /** Fed together: source topics of one sub-topology stay in one task. */
  readonly inputs: readonly TopicPartition[];
  /** It has a changelog, so that moving it costs a restore. */
  readonly isStateful: boolean;
}

/** All tasks of a topology in the order of sub-topology and partition. Topics that do not exist make none. */
export function listTasks(topology: Topology, partitionCounts: ReadonlyMap<string, number>): readonly CatalogTask[] {
  return topology.subTopologies.flatMap((subTopology) => {
    const counts = subTopology.sourceTopics.map((topic) => partitionCounts.get(topic) ?? 0);
    return Array.from({ length: Math.max(0, ...counts) }, (_, partition) => describeTask(subTopology, partition, partitionCounts));
  });
}

export function isStateful({ stores }: SubTopology): boolean {
  return stores.some(({ spec }) => spec.changelog !== false);
}

function describeTask(subTopology: SubTopology, partition: number, partitionCounts: ReadonlyMap<string, number>): CatalogTask {
  const id = { subTopology: subTopology.id, partition };
  const topics = subTopology.sourceTopics.filter((topic) => partition < (partitionCounts.get(topic) ?? 0));
  return { id, name: taskIdText(id), inputs: topics.map((topic) => ({ topic, partition })), isStateful: isStateful(subTopology) };
}
