import { StepwrightError } from '../base/errors.ts';
import { changelogTopic } from '../builder/names.ts';
import type { SubTopology } from '../builder/sub-topology.ts';
import type { Topology } from '../builder/topology-builder-api.ts';
import type { Log, TopicDescription, TopicSpec } from '../log/log.ts';
import type { StoreSpec } from '../../state/store.ts';

/** A window's changelog keeps this much longer than the window, as Kafka Streams' `windowstore.changelog.additional.retention.ms`. */
const additionalRetentionMs = 86_400_000;

/**
 * Checks the topics that others own and creates the engine's own: repartition topics, changelogs with one partition a task, and the
 * dead-letter topic.
 * @throws {LOG_TOPIC_UNKNOWN} when a source or sink topic is missing; the caller must create it first.
 * @throws {TOPOLOGY_INVALID} when source topics of one sub-topology differ in their partition count, so that equal keys would not meet.
 */
export async function prepareTopics(topology: Topology, log: Log, deadLetterTopic: string): Promise<ReadonlyMap<string, TopicDescription>> {
  const used = topology.subTopologies.flatMap(({ sourceTopics, sinkTopics }) => [...sourceTopics, ...sinkTopics]);
  const names = [...used, ...topology.globalStores.map(({ topic }) => topic)];
  const own = new Set(topology.subTopologies.flatMap(({ repartitions }) => [...repartitions.keys()]));
  const given = await describe(log, [...names.filter((name) => !own.has(name)), deadLetterTopic]);
  for (const name of names) {
    if (!own.has(name) && !given.has(name))
      throw new StepwrightError('LOG_TOPIC_UNKNOWN', `topic "${name}" is used by the topology and does not exist: create it first`);
  }
  await log.createTopics([
    ...repartitionSpecs(topology, given),
    ...(given.has(deadLetterTopic) ? [] : [{ name: deadLetterTopic, partitionCount: 1 }]),
  ]);
  const topics = await describe(log, names);
  const changelogs = topology.subTopologies.flatMap((subTopology) => changelogSpecs(topology.applicationName, subTopology, topics));
  await log.createTopics(changelogs);
  return describe(log, [...names, deadLetterTopic, ...changelogs.map(({ name }) => name)]);
}

/** Kept for ever: what was read is purged by the tasks that read it, and nothing else may go. */
function repartitionSpecs(topology: Topology, given: ReadonlyMap<string, TopicDescription>): readonly TopicSpec[] {
  const counts = new Map([...given].map(([name, { partitionCount }]) => [name, partitionCount]));
  const specs: TopicSpec[] = [];
  let left = topology.subTopologies.flatMap((reader) => [...reader.repartitions].map(([name, asked]) => ({ name, asked, reader })));
  // One may feed the next, so each round makes those whose input is known.
  while (left.length > 0) {
    const known = left.flatMap((one) => {
      const partitionCount = one.asked ?? siblingCount(one.reader, counts) ?? upstreamCount(topology, one.name, counts);
      return partitionCount === undefined ? [] : [{ name: one.name, partitionCount }];
    });
    if (known.length === 0) {
      const unknown = left.map(({ name }) => name).join(', ');
      throw new StepwrightError('TOPOLOGY_INVALID', `the partition count of ${unknown} cannot be derived: give partitionCount`);
    }
    for (const spec of known) counts.set(spec.name, spec.partitionCount);
    specs.push(...known);
    left = left.filter(({ name }) => !counts.has(name));
  }
  return specs;
}

/** What the same sub-topology reads besides must have as many partitions. */
function siblingCount({ sourceTopics }: SubTopology, counts: ReadonlyMap<string, number>): number | undefined {
  return sourceTopics.map((topic) => counts.get(topic)).find((count) => count !== undefined);
}

function upstreamCount({ subTopologies }: Topology, topic: string, counts: ReadonlyMap<string, number>): number | undefined {
  const writers = subTopologies.filter(({ sinkTopics }) => sinkTopics.includes(topic));
  const inputs = writers.flatMap(({ sourceTopics }) => sourceTopics.map((source) => counts.get(source)));
  if (inputs.length === 0 || inputs.some((count) => count === undefined)) return undefined;
  return Math.max(...inputs.map((count) => count ?? 0));
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
