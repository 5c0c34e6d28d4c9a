// Generated from schemas/avro by schemas/codegen; change the .avsc files and run the generator (see docs/events.md).

/** A record of `dead-letters.v1`: a reference to the source record and the error, never the value. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly node: string;
  readonly taskId: string;
  readonly code: string;
  readonly message: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Whose the record was, where its key names a tenant. */
  readonly tenantId?: string;
}

/** A record of `processor.times.v1`: what one node of one process did since its last one. Written by the role processors, read by analytics. */
export interface ProcessorTimes {
  /** Tells processes and threads apart. */
  readonly process: string;
  readonly node: string;
  /** End of the span, milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Records and timers. */
  readonly recordCount: number;
  /** Time inside the node and what it forwards to, less what its children took, in microseconds. */
  readonly busyUs: number;
  /** Of one record or timer. */
  readonly slowestUs: number;
}

/** A record of `title.requests.v1`: what a model is asked; already redacted and scrubbed. */
export interface TitleRequest {
  readonly requestId: string;
  readonly tenantId: string;
  readonly sessionId: string;
  readonly stepId?: string;
  readonly prompt: string;
}

/** A record of `usage.events.v1`: somebody looked at something. Written by the gateway, read by analytics. */
export interface UsageEvent {
  readonly tenantId: string;
  readonly eventId: string;
  readonly kind: UsageKind;
  readonly sessionId: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly actor: string;
}

export type UsageKind =
  | 'guide.viewed'
  | 'live.watched'
  | 'guide.exported';
