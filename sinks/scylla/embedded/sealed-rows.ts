import { sealed, type SealKeys } from '../../../schemas/sealed.ts';
import { bufferSerde } from '../../../schemas/serdes.ts';
import { unlessVoid } from '../../views/unless-void.ts';
import type { OrderedRows, Row, RowWrite } from './ordered-rows.ts';
import { scopeOfRow } from './view-keys.ts';

/**
 * Rows that belong to a session, sealed on the way in and opened on the way out. A row of a deleted session is not there for a reader, also when it has
 * not been deleted yet; one that is written for it is left out.
 */
export function sealedRows(rows: OrderedRows, keyring: SealKeys): OrderedRows {
  const serde = sealed(bufferSerde, keyring, (key) => scopeOfRow(Buffer.from(key)) ?? '');
  const open = (key: Buffer, value: Buffer): Buffer | undefined =>
    scopeOfRow(key) === undefined ? value : unlessVoid(() => serde.deserialize(value, key));
  const seal = (write: RowWrite): RowWrite | undefined => {
    if (write.type === 'del' || scopeOfRow(write.key) === undefined) return write;
    const value = unlessVoid(() => serde.serialize(write.value, write.key));
    return value === undefined ? undefined : { ...write, value };
  };
  return {
    getMany: async (keys) => {
      const found = await rows.getMany(keys);
      return found.map((value, index) => {
        const key = keys[index];
        return value === undefined || key === undefined ? undefined : open(key, value);
      });
    },
    scan: async (scan) => {
      const found = await rows.scan(scan);
      return found.map(([key, value]): Row => [key, value === undefined ? undefined : open(key, value)]);
    },
    write: (writes, options) =>
      rows.write(
        writes.flatMap((write) => seal(write) ?? []),
        options,
      ),
    close: () => rows.close(),
  };
}
