import { StepwrightError } from '../base/errors.ts';
import { changelogTopic } from '../builder/names.ts';
import type { SubTopology } from '../builder/sub-topology.ts';
import type { Topology } from '../builder/topology-builder-api.ts';
import type { Log, TopicDescription, TopicSpec } from '../log/log.ts';
import type { StoreSpec } from '../../state/store.ts';

/** A window's changelog keeps this much longer than the window, as Kafka Streams' `windowstore.changelog.additional.retention.ms`. */
const additionalRetentionMs = 86_400_000;

/**
 * Checks the topics that others own and creates the engine's own: changelogs with one partition a task, and the dead-letter topic.
 * @throws {LOG_TOPIC_UNKNOWN} when a source or sink topic is missing; the caller must create it first.
 * @throws {TOPOLOGY_INVALID} when source topics of one sub-topology differ in their partition count, so that equal keys would not meet.
 */
export async function prepareTopics(topology: Topology, log: Log, deadLetterTopic: string): Promise<ReadonlyMap<string, TopicDescription>> {
  const names = topology.subTopologies.flatMap(({ sourceTopics, sinkTopics }) => [...sourceTopics, ...sinkTopics]);
  const topics = await describe(log, names);
  for (const name of names) {
    if (!topics.has(name))
      throw new StepwrightError('LOG_TOPIC_UNKNOWN', `topic "${name}" is used by the topology and does not exist: create it first`);
  }
  const changelogs = topology.subTopologies.flatMap((subTopology) => changelogSpecs(topology.applicationName, subTopology, topics));
  await log.createTopics([
    ...changelogs,
    ...((await describe(log, [deadLetterTopic])).size === 0 ? [{ name: deadLetterTopic, partitionCount: 1 }] : []),
  ]);
  return describe(log, [...names, deadLetterTopic, ...changelogs.map(({ name }) => name)]);
}

/** Equal for all source topics of the sub-topology. */
export function partitionCountOf(subTopology: SubTopology, topics: ReadonlyMap<string, TopicDescription>): number {
  const counts = subTopology.sourceTopics.map((name) => [name, topics.get(name)?.partitionCount ?? 0] as const);
  const first = counts[0]?.[1] ?? 0;
  if (counts.some(([, count]) => count !== first)) {
    const shown = counts.map(([name, count]) => `${name}: ${count}`).join(', ');
    throw new StepwrightError(
      'TOPOLOGY_INVALID',
      `source topics of sub-topology ${subTopology.id} must have the same partition count (${shown})`,
    );
  }
  return first;
}

function changelogSpecs(
  applicationName: string,
  subTopology: SubTopology,
  topics: ReadonlyMap<string, TopicDescription>,
): readonly TopicSpec[] {
  const partitionCount = partitionCountOf(subTopology, topics);
  return subTopology.stores
    .filter(({ spec }) => spec.changelog !== false)
    .map(({ spec }) => ({ name: changelogTopic(applicationName, spec.name), partitionCount, ...cleanupOf(spec) }));
}

function cleanupOf(spec: StoreSpec<unknown, unknown>): Pick<TopicSpec, 'cleanup' | 'retentionMs'> {
  if (spec.kind === 'key-value' || spec.kind === 'ttl') return { cleanup: 'compact' };
  return { cleanup: 'compact,delete', retentionMs: spec.retentionMs + additionalRetentionMs };
}

async function describe(log: Log, names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
  const topics = await log.describeTopics([...new Set(names)]);
  return new Map(topics.map((topic) => [topic.name, topic]));
}
