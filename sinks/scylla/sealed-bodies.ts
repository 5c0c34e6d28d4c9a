import { sealed, type SealKeys } from '../../schemas/sealed.ts';
import { bufferSerde } from '../../schemas/serdes.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { unlessVoid } from '../views/unless-void.ts';

/** Which body it is: bound into the seal, so that one does not open in the place of another. */
export interface BodyPlace {
  readonly tenantId: string;
  readonly sessionId: string;
  /** Table, edition, kind and id of the row. */
  readonly row: readonly string[];
}

/** Bodies of rows as sealed JSON. What belongs to a deleted session can be neither written nor read, and says so by undefined. */
export interface SealedBodies {
  seal(place: BodyPlace, row: object): Buffer | undefined;
  /** @throws {SEAL_BROKEN | VIEW_CORRUPT} */
  open<Row>(place: BodyPlace, body: unknown): Row | undefined;
}

export function sealedBodies(keyring: SealKeys): SealedBodies {
  const serde = sealed(bufferSerde, keyring, scopeOf);
  return {
    seal: (place, row) => unlessVoid(() => serde.serialize(Buffer.from(JSON.stringify(row)), keyOf(place))),
    open: <Row>(place: BodyPlace, body: unknown) => {
      if (!Buffer.isBuffer(body)) return undefined;
      const plain = unlessVoid(() => serde.deserialize(body, keyOf(place)));
      return plain === undefined ? undefined : parse<Row>(plain);
    },
  };
}

function parse<Row>(plain: Buffer): Row {
  try {
    const row: Row = JSON.parse(plain.toString());
    return row;
  } catch (cause) {
    throw new StepwrightError('VIEW_CORRUPT', 'A row of the views is sealed well and is no JSON: another program wrote it.', { cause });
  }
}

const separator = '\0';

function keyOf({ tenantId, sessionId, row }: BodyPlace): Buffer {
  const key = `${tenantId}${separator}${sessionId}${separator}${row.join(separator)}`;
  let separators = 0;
  for (let at = key.indexOf(separator); at !== -1; at = key.indexOf(separator, at + 1)) separators++;
  if (separators !== row.length + 1 || tenantId === '' || sessionId === '') {
    throw new StepwrightError('VIEW_FAILED', 'An id is empty or has a zero byte: it cannot be stored.', { disposition: 'dead-letter' });
  }
  return Buffer.from(key);
}

/** The key of the session: what stands before the second separator. */
function scopeOf(key: Uint8Array): string {
  const tenantEnd = key.indexOf(0);
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.indexOf(0, tenantEnd + 1));
  return `${bytes.toString('utf8', 0, tenantEnd)}/${bytes.toString('utf8', tenantEnd + 1)}`;
}
