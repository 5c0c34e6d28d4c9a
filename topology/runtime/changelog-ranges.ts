import { StepwrightError } from '../base/errors.ts';
import { changelogTopic } from '../builder/names.ts';
import type { SubTopology } from '../builder/sub-topology.ts';
import type { Topology } from '../builder/topology-builder-api.ts';
import type { Log } from '../log/log.ts';
import type { TaskChangelog } from './state-flusher.ts';
import type { TaskId } from './task-id.ts';

/** A changelog of the task as the log has it now. */
export interface ChangelogRange extends TaskChangelog {
  readonly startOffset: bigint;
  /** Read-uncommitted end: what a committed transaction may still be settling up to. */
  readonly endOffset: bigint;
  readonly tombstoneRetentionMs: number;
}

/** Changelogs of one task. @throws {LOG_TOPIC_UNKNOWN} */
export async function describeChangelogs(
  { log, topology }: { readonly log: Log; readonly topology: Topology },
  subTopology: SubTopology,
  id: TaskId,
): Promise<readonly ChangelogRange[]> {
  const stores = subTopology.stores.filter(({ spec }) => spec.changelog !== false).map(({ spec }) => spec.name);
  const partitions = stores.map((store) => ({ store, topic: changelogTopic(topology.applicationName, store), partition: id.partition }));
  if (partitions.length === 0) return [];
  const [topics, ranges] = await Promise.all([
    log.describeTopics(partitions.map(({ topic }) => topic)),
    log.offsets(partitions, 'read_uncommitted'),
  ]);
  return partitions.map((at) => {
    const topic = topics.find(({ name }) => name === at.topic);
    const range = ranges.find((one) => one.topic === at.topic);
    if (topic === undefined || range === undefined)
      throw new StepwrightError('LOG_TOPIC_UNKNOWN', `changelog "${at.topic}" is gone: restart the app, which creates it`);
    return {
      ...at,
      topicId: topic.id,
      tombstoneRetentionMs: topic.tombstoneRetentionMs,
      startOffset: range.startOffset,
      endOffset: range.nextOffset,
    };
  });
}
