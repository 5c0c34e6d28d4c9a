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
