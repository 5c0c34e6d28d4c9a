import { stringSerde } from '../../../schemas/serdes.ts';
import type { Serde } from '../../../schemas/serde.ts';
import type { InputRecord, Log, TopicPartition } from '../../log/log.ts';
import { changelogTopic } from '../../builder/names.ts';
import type { Numbered, OracleShape, Totals } from './oracle-input.ts';
import { finalGroupTotals, finalTotals, groupOf, keyOf, oracleInput, partitionOf, recordCountOf } from './oracle-input.ts';
import type { RunningTotals } from './oracle-topology.ts';
import { addNumber, createOracleTopology, deadLetterTopicOf, numberedSerde, oracleTopics, totalsSerde } from './oracle-topology.ts';

interface Entry<V> {
  readonly key: string;
  readonly value: V;
}

type Entries<V> = readonly Entry<V>[];

/**
 * Compares every partition of every output with what must be there, record by record, and looks for transactions that were left open and for dead
 * letters. Answers what is wrong, the first record a partition, as sentences.
 */
export async function checkOracle(log: Log, shape: OracleShape): Promise<readonly string[]> {
  const topics = oracleTopics(shape);
  const problems: string[] = [];
  for (let partition = 0; partition < shape.partitionCount; partition += 1) {
    const read = <V>(topic: string, serde: Serde<V>): Promise<Entries<V>> => readEntries(log, { topic, partition }, serde);
    const input = inputOf(partition, shape);
    const groupTotals = await read(topics.groupTotals, totalsSerde);
    const byGroup = shape.isPurged ? inputsOf(groupTotals, shape) : await read(topics.byGroup, numberedSerde);
    problems.push(
      ...compare(`${topics.numbers}-${partition}`, await read(topics.numbers, numberedSerde), input),
      ...compare(`${topics.echo}-${partition}`, await read(topics.echo, numberedSerde), input),
      ...compare(`${topics.totals}-${partition}`, await read(topics.totals, totalsSerde), runningTotals(input)),
      ...checkRepartition(`${topics.byGroup}-${partition}`, byGroup, shape, partition),
      ...compare(`${topics.groupTotals}-${partition}`, groupTotals, runningTotals(byGroup)),
    );
  }
  if (shape.isPurged) problems.push(...(await checkPurged(log, shape)));
  problems.push(...(await checkFinals(log, shape)), ...(await checkNothingOpen(log, shape)), ...(await checkDeadLetters(log, shape)));
  return problems;
}

/** What each input partition holds, in order. */
export function inputOf(partition: number, shape: OracleShape): Entries<Numbered> {
  const entries: Entry<Numbered>[] = [];
  for (let index = 0; index < recordCountOf(shape); index += 1) {
    const { key, value } = oracleInput(index, shape);
    if (partitionOf(key, shape) === partition) entries.push({ key, value });
  }
  return entries;
}

/** What the program makes of the records of one partition. */
export function runningTotals(input: Entries<Numbered>): Entries<RunningTotals> {
  const totals = new Map<string, Totals>();
  const seen = new Set<string>();
  return input.map(({ key, value: { index, number } }) => {
    const isNew = !seen.has(`${key} ${number}`);
    seen.add(`${key} ${number}`);
    const next = addNumber(totals.get(key), number, isNew);
    totals.set(key, next);
    return { key, value: { ...next, index } };
  });
}

/** What the records of a purged topic were, in their order, by those that were made of them one by one. */
function inputsOf(totals: Entries<RunningTotals>, shape: OracleShape): Entries<Numbered> {
  return totals.map(({ key, value: { index } }) => ({ key, value: oracleInput(index, shape).value }));
}

/** Without a purge the run was not what it was meant to be. */
async function checkPurged(log: Log, shape: OracleShape): Promise<readonly string[]> {
  const { byGroup: topic } = oracleTopics(shape);
  const partitions = Array.from({ length: shape.partitionCount }, (_, partition) => ({ topic, partition }));
  const ranges = await log.offsets(partitions, 'read_committed');
  return ranges.some(({ startOffset }) => startOffset > 0n) ? [] : [`${topic} was never purged`];
}

function compare<V>(where: string, actual: Entries<V>, expected: Entries<V>): readonly string[] {
  for (let at = 0; at < Math.max(actual.length, expected.length); at += 1) {
    const [found, wanted] = [JSON.stringify(actual[at]), JSON.stringify(expected[at])];
    if (found === wanted) continue;
    return [
      `${where}: record ${at} of ${expected.length} should be ${wanted ?? 'absent'} and is ${found ?? 'absent'} (${actual.length} records)`,
    ];
  }
  return [];
}

/** Each record once; those that one upstream task wrote in its order. How tasks interleave is open. */
function checkRepartition(where: string, actual: Entries<Numbered>, shape: OracleShape, partition: number): readonly string[] {
  const last = new Map<number, number>();
  const missing = new Set<number>();
  for (let index = 0; index < recordCountOf(shape); index += 1) {
    if (partitionOf(groupOf(oracleInput(index, shape).key, shape), shape) === partition) missing.add(index);
  }
  const expectedCount = missing.size;
  for (const { key, value } of actual) {
    const { key: sourceKey, value: sent } = oracleInput(value.index, shape);
    if (groupOf(sourceKey, shape) !== key || sent.number !== value.number)
      return [`${where}: record ${value.index} was changed on its way`];
    if (!missing.delete(value.index)) return [`${where}: record ${value.index} is there twice or in the wrong partition`];
    const source = partitionOf(sourceKey, shape);
    if ((last.get(source) ?? -1) >= value.index) return [`${where}: record ${value.index} came behind a later one of its task`];
    last.set(source, value.index);
  }
  const [first] = missing;
  return first === undefined ? [] : [`${where}: ${missing.size} of ${expectedCount} records are missing, the first is ${first}`];
}

/** The closed forms: they depend on nothing that the running totals are compared with. */
async function checkFinals(log: Log, shape: OracleShape): Promise<readonly string[]> {
  const topics = oracleTopics(shape);
  const ofKeys = await lastOf(log, topics.totals, shape);
  const ofGroups = await lastOf(log, topics.groupTotals, shape);
  const problems: string[] = [];
  const check = (key: string, found: Totals | undefined, wanted: Totals): void => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      problems.push(`${key}: the final totals should be ${JSON.stringify(wanted)} and are ${JSON.stringify(found)}`);
    }
  };
  for (let keyIndex = 0; keyIndex < shape.keyCount; keyIndex += 1) {
    check(keyOf(keyIndex), ofKeys.get(keyOf(keyIndex)), finalTotals(keyIndex, shape));
  }
  for (const [group, totals] of finalGroupTotals(shape)) check(group, ofGroups.get(group), totals);
  return problems.slice(0, 3);
}

async function lastOf(log: Log, topic: string, { partitionCount }: OracleShape): Promise<ReadonlyMap<string, Totals>> {
  const last = new Map<string, Totals>();
  for (let partition = 0; partition < partitionCount; partition += 1) {
    for (const { key, value } of await readEntries(log, { topic, partition }, totalsSerde)) {
      const { count, sum, min, max, average, distinct } = value;
      last.set(key, { count, sum, min, max, average, distinct });
    }
  }
  return last;
}

/** The last stable offset is the end, in every topic that the program writes. */
async function checkNothingOpen(log: Log, shape: OracleShape): Promise<readonly string[]> {
  const changelogs = createOracleTopology(shape).subTopologies.flatMap(({ stores }) =>
    stores.map(({ spec }) => changelogTopic(shape.name, spec.name)),
  );
  const { numbers: _, ...outputs } = oracleTopics(shape);
  const partitions = [...Object.values(outputs), ...changelogs].flatMap((topic: string) =>
    Array.from({ length: shape.partitionCount }, (_item, partition) => ({ topic, partition })),
  );
  const stable = await log.offsets(partitions, 'read_committed');
  const ends = await log.offsets(partitions, 'read_uncommitted');
  return partitions.flatMap(({ topic, partition }, at) => {
    const [until, end] = [stable[at]?.nextOffset, ends[at]?.nextOffset];
    return until === end ? [] : [`${topic}-${partition}: a transaction is open: stable up to ${until}, written up to ${end}`];
  });
}

async function checkDeadLetters(log: Log, shape: OracleShape): Promise<readonly string[]> {
  const [topic] = await log.describeTopics([deadLetterTopicOf(shape)]);
  if (topic === undefined) return [];
  const letters = await readCommitted(log, { topic: topic.name, partition: 0 });
  return letters.length === 0 ? [] : [`${topic.name}: ${letters.length} dead letters`];
}

async function readEntries<V>(log: Log, at: TopicPartition, serde: Serde<V>): Promise<Entries<V>> {
  const records = await readCommitted(log, at);
  return records.flatMap(({ key, value }) => {
    if (key === null || value === null) return [];
    return [{ key: stringSerde.deserialize(key, Buffer.alloc(0)), value: serde.deserialize(value, key) }];
  });
}

/** Everything up to the last stable offset, however often a poll comes back empty. */
async function readCommitted(log: Log, at: TopicPartition): Promise<readonly InputRecord[]> {
  const [range] = await log.offsets([at], 'read_committed');
  const reader = await log.openReader({ from: [{ ...at, nextOffset: range?.startOffset ?? 0n }], isolation: 'read_committed' });
  const records: InputRecord[] = [];
  while (reader.position(at) < (range?.nextOffset ?? 0n)) {
    for (const batch of await reader.poll({ maxWaitMs: 100 })) records.push(...batch.records);
  }
  await reader.close();
  return records;
}
