/** Headers of records of `capture.events`, by name. */

/** What the record says of its session's ingest state: sealed under the session's key, like the value it stands beside. Facts of the platform have none. */
export const ingestHeader = 'stepwright-ingest';

/** Which trace the record belongs to, clear: `00-…-…-01`, ids of random bits (W3C Trace Context). */
export const traceParentHeader = 'traceparent';
