import { ingestHeader, traceParentHeader } from '../../schemas/record-headers.ts';
import { hasSealedForm } from '../../schemas/sealed.ts';
import type { Headers } from '../../topology/base/headers.ts';
import type { Copier } from './copier.ts';

/** What of a record's headers lies in the lake. */
export interface LakeHeaders {
  /** `stepwright-ingest` as it is, sealed: device, seqs, status, the policy of the session. */
  readonly ingest: Buffer | null;
  readonly traceParent: string | null;
  /** How many headers were left out. */
  readonly otherCount: number;
}

const none: LakeHeaders = { ingest: null, traceParent: null, otherCount: 0 };
const traceParentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * A file is never changed, so what lies in it clear stays when its session is forgotten. Therefore a header is copied when its name is known, and its value is
 * sealed or has no room for words; any other is counted. Of headers with one name the first is the record's, as for ingest.
 */
export function createHeaderReader(copy: Copier): (headers: Headers) => LakeHeaders {
  return (headers) => {
    if (headers.length === 0) return none;
    let ingest: Buffer | null = null;
    let traceParent: string | null = null;
    let otherCount = 0;
    for (const [name, value] of headers) {
      if (name === ingestHeader && ingest === null && hasSealedForm(value)) ingest = copy(value);
      else if (name === traceParentHeader && traceParent === null && isTraceParent(value)) traceParent = value.toString('latin1');
      else otherCount += 1;
    }
    return { ingest, traceParent, otherCount };
  };
}

function isTraceParent(value: Buffer): boolean {
  return traceParentForm.test(value.toString('latin1'));
}
