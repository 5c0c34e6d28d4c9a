import { createSealer, type SealKeys } from '../../schemas/sealed.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { unlessVoid } from '../views/unless-void.ts';
import { kinds, onlyRow, type Kind, type ListTable, type SessionAddress } from './statements.ts';

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
  const sealer = createSealer(keyring);
  return {
    seal: (place, row) => unlessVoid(() => sealer.seal(scopeOf(place), Buffer.from(JSON.stringify(row)), boundTo(place))),
    open: <Row>(place: BodyPlace, body: unknown) => {
      if (!Buffer.isBuffer(body)) return undefined;
      const plain = unlessVoid(() => sealer.open(scopeOf(place), body, boundTo(place)));
      return plain === undefined ? undefined : parse<Row>(plain);
    },
  };
}

export function rowPlace({ tenantId, sessionId, edition }: SessionAddress, kind: Kind, rowId: string = onlyRow): BodyPlace {
  return { tenantId, sessionId, row: ['session_rows', edition, String(kind), rowId] };
}

/** A session's row in the list is the same bytes as its own. */
export function listedPlace(table: ListTable, at: SessionAddress): BodyPlace {
  if (table === 'session_list') return rowPlace(at, kinds.session);
  return { tenantId: at.tenantId, sessionId: at.sessionId, row: [table, at.edition] };
}

function parse<Row>(plain: Buffer): Row {
  try {
    const row: Row = JSON.parse(plain.toString());
    return row;
  } catch (cause) {
    throw new StepwrightError('VIEW_CORRUPT', 'A row of the views is sealed well and is no JSON: another program wrote it.', { cause });
  }
}

function scopeOf({ tenantId, sessionId }: BodyPlace): string {
  return `${tenantId}/${sessionId}`;
}

const separator = '\0';

function boundTo({ tenantId, sessionId, row }: BodyPlace): Buffer {
  const text = `${tenantId}${separator}${sessionId}${separator}${row.join(separator)}`;
  let separators = 0;
  for (let at = text.indexOf(separator); at !== -1; at = text.indexOf(separator, at + 1)) separators++;
  if (separators !== row.length + 1 || tenantId === '' || sessionId === '') {
    throw new StepwrightError('VIEW_FAILED', 'An id is empty or has a zero byte: it cannot be stored.', { disposition: 'dead-letter' });
  }
  return Buffer.from(text);
}
