import { sessionScope } from '../../schemas/sealed.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { InputRecord } from '../../topology/log/log.ts';
import { lakeHeadersOf, type LakeHeaders } from './lake-headers.ts';
import { lakeTimeMs } from './lake-keys.ts';

/** A record of `capture.events` as it lies on the topic: names are clear, the value is sealed under the session's key. */
export interface LakeRow {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly key: Buffer;
  readonly value: Buffer | null;
  /** Of the record, inside the years that a day can be told of. */
  readonly timestampMs: number;
  readonly headers: LakeHeaders;
}

/** Copies what it keeps: a record is a view of memory that the log uses again. @throws {SERDE_FAILED} dead-letter, when the key names no session. */
export function lakeRowOf({ key, value, timestampMs, headers }: InputRecord): LakeRow {
  const [tenantId, sessionId] = scopeOf(key);
  return {
    tenantId,
    sessionId,
    key: Buffer.from(key ?? []),
    value: value === null ? null : Buffer.from(value),
    timestampMs: lakeTimeMs(timestampMs),
    headers: lakeHeadersOf(headers),
  };
}

function scopeOf(key: Buffer | null): readonly [tenantId: string, sessionId: string] {
  try {
    const scope = sessionScope(key ?? Buffer.alloc(0));
    const tenantEnd = scope.indexOf('/');
    return [scope.slice(0, tenantEnd), scope.slice(tenantEnd + 1)];
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
