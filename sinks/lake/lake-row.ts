import { sessionScope } from '../../schemas/sealed.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { InputRecord } from '../../topology/log/log.ts';
import { createCopier } from './copier.ts';
import { createHeaderReader, type LakeHeaders } from './lake-headers.ts';
import { lakeTimeMs } from './lake-keys.ts';

/** Whose a record is. Rows of one session share it, so that thousands of rows do not hold its names thousands of times. */
export interface LakeNames {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly key: Buffer;
}

/** A record of `capture.events` as it lies on the topic: names are clear, the value is sealed under the session's key. */
export interface LakeRow {
  readonly names: LakeNames;
  readonly value: Buffer | null;
  /** Of the record, inside the years that a day can be told of. */
  readonly timestampMs: number;
  readonly headers: LakeHeaders;
}

export interface LakeRowReader {
  /** Copies what it keeps: a record is a view of memory that the log uses again. @throws {SERDE_FAILED} dead-letter, when the key names no session. */
  read(record: InputRecord): LakeRow;
  /** Rows that are read from now on share nothing with those before. */
  beginBatch(): void;
}

export function createLakeRowReader(): LakeRowReader {
  const names = new Map<string, LakeNames>();
  const copy = createCopier();
  const headersOf = createHeaderReader(copy);
  return {
    read: ({ key, value, timestampMs, headers }) => {
      const id = key?.toString('latin1') ?? '';
      let ofSession = names.get(id);
      if (ofSession === undefined) names.set(id, (ofSession = namesIn(key)));
      return {
        names: ofSession,
        value: value === null ? null : copy(value),
        timestampMs: lakeTimeMs(timestampMs),
        headers: headersOf(headers),
      };
    },
    beginBatch: () => names.clear(),
  };
}

function namesIn(key: Buffer | null): LakeNames {
  try {
    const scope = sessionScope(key ?? Buffer.alloc(0));
    const tenantEnd = scope.indexOf('/');
    return { tenantId: scope.slice(0, tenantEnd), sessionId: scope.slice(tenantEnd + 1), key: Buffer.from(key ?? []) };
  } catch (cause) {
    throw new StepwrightError(
      'SERDE_FAILED',
      'The key of the record does not begin with tenant/session, so the lake has no folder for it.',
      {
        disposition: 'dead-letter',
        cause,
      },
    );
  }
}
