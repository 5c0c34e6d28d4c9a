import type { CommittedOffset, SourceOptions, TopicPartition } from '../../log.ts';
import { partitionKey } from '../../local/partition-key.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import type { FetchCursor } from '../read/fetch-buffer.ts';
import { listAt, listOffsetsRequest } from '../requests/read-requests.ts';
import { offsetFetchRequest } from '../requests/offset-requests.ts';

/**
 * Gives every cursor that is to be read and has no position one: the committed, else the one that `offsetReset` names. It is done when the cursor is first read
 * and not when the partition is assigned, because a transaction that its last owner left open holds the committed position back until the new
 * owner has fenced it, and because who seeks needs none.
 */
export async function resolvePositions(client: KafkaClient, cursors: readonly FetchCursor[], options: SourceOptions): Promise<void> {
  const open = cursors.filter((cursor) => cursor.nextOffset === undefined && !cursor.isPaused);
  if (open.length === 0) return;
  const positions = new Map<string, bigint>();
  for (const { nextOffset, ...at } of await fetchCommitted(client, options.groupId, open)) {
    if (nextOffset !== undefined) positions.set(partitionKey(at), nextOffset);
  }
  const fresh = open.filter(({ key }) => !positions.has(key));
  const where = options.offsetReset === 'earliest' ? listAt.start : listAt.end;
  const isolation = options.isolation ?? 'read_committed';
  const answers = await client.perPartition(fresh, {
    doing: 'ListOffsets',
    request: (members) => listOffsetsRequest(members, isolation, where),
  });
  for (const answer of answers) positions.set(partitionKey(answer), answer.offset);
  // A seek that came meanwhile stands.
  for (const cursor of open) cursor.nextOffset ??= positions.get(cursor.key);
}

/** Committed positions, in the order asked for, after pending transactions have ended. @throws {BrokerError} */
export async function fetchCommitted(
  client: KafkaClient,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<readonly CommittedOffset[]> {
  if (partitions.length === 0) return [];
  const { offsets } = await client.coordinated('group', offsetFetchRequest(groupId, partitions), {
    id: groupId,
    codeOf: ({ code }) => code,
  });
  const byKey = new Map(offsets.map((offset) => [partitionKey(offset), offset]));
  return partitions.map(({ topic, partition }) => {
    return byKey.get(partitionKey({ topic, partition })) ?? { topic, partition, nextOffset: undefined, metadata: '' };
  });
}
