import { parquetWriteBuffer } from 'hyparquet-writer';
import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { OutputRecord } from '../../../topology/log/log.ts';
import type { SourceRange } from '../../runner/sink-target.ts';
import { progressKey } from '../lake-progress.ts';

type Sent = Omit<OutputRecord, 'topic'>;

/** The progress as version 1 wrote it, with a batch that was begun. */
export async function writeVersion1Progress(
  store: Pick<ObjectStore, 'put'>,
  topicId: string,
  planned: readonly SourceRange[],
): Promise<void> {
  const ranges = planned.map(({ topic, partition, fromOffset, nextOffset }) => [topic, partition, `${fromOffset}`, `${nextOffset}`]);
  const body = Buffer.from(JSON.stringify({ version: 1, revision: '1', topicId, positions: [], planned: ranges }));
  await store.put(progressKey, body, { contentType: 'application/json', position: 1n });
}

/** A file as version 1 wrote it, without columns for headers: of what was sent to the partition, these offsets as far as they are acme's. */
export async function encodeVersion1(sent: readonly Sent[], partition: number, offsets: readonly bigint[]): Promise<Buffer> {
  const all = sent.filter((record) => record.partition === partition).map((record, index) => ({ ...record, offset: BigInt(index) }));
  const rows = all.filter(({ offset, key }) => offsets.includes(offset) && key?.toString().startsWith('acme/'));
  const keys = rows.map(({ key }) => key?.toString() ?? '');
  const bytes = parquetWriteBuffer({
    kvMetadata: [{ key: 'stepwright.lake', value: '1' }],
    columnData: [
      { name: 'tenant_id', type: 'STRING', nullable: false, data: keys.map((key) => key.split('/')[0]) },
      { name: 'session_id', type: 'STRING', nullable: false, data: keys.map((key) => key.split('/')[1]) },
      { name: 'partition', type: 'INT32', nullable: false, data: rows.map(() => partition) },
      { name: 'offset', type: 'INT64', nullable: false, data: rows.map(({ offset }) => offset) },
      { name: 'timestamp', type: 'TIMESTAMP', nullable: false, data: rows.map(({ timestampMs }) => new Date(timestampMs)) },
      { name: 'key', type: 'BYTE_ARRAY', nullable: false, data: rows.map(({ key }) => key) },
      {
        name: 'value',
        type: 'BYTE_ARRAY',
        encoding: 'PLAIN',
        codec: 'UNCOMPRESSED',
        statistics: false,
        data: rows.map(({ value }) => value),
      },
    ],
  });
  return Buffer.from(bytes);
}
