import type { BucketLimits } from './token-bucket.ts';

/** What one agent, tenant or request may ask of ingest. All of it is told to the agent at open where it can act on it. */
export interface IngestLimits {
  readonly maxBatchEvents: number;
  readonly maxBatchWireBytes: number;
  readonly maxBatchInflatedBytes: number;
  /** JSON of one event. */
  readonly maxEventBytes: number;
  /** JSON of the events of one log record; larger batches become several. */
  readonly maxChunkBytes: number;
  readonly maxScreenshotBytes: number;
  readonly maxScreenshotPixels: number;
  /** Not durable yet, over all sessions; beyond it agents are told to come back. */
  readonly maxQueuedBytes: number;
  /** Screenshots that are being received, over all sessions. */
  readonly maxReceivingBytes: number;
  /** One token an event, and one each 64 KiB of a screenshot. */
  readonly tenantRate: BucketLimits;
  readonly deviceRate: BucketLimits;
  /** A session without any append for this long is refused (T5); the processors keep its state longer than that. */
  readonly maxSilenceMs: number;
  /** States of sessions in memory, finished ones included; see `SessionBound`. */
  readonly maxSessions: number;
  /** How often session states are written to the state topic: the most that a restart reads of `capture.events`. */
  readonly checkpointIntervalMs: number;
  /** What another gateway acked reaches the log within this time, or the agent is told that it did not. */
  readonly maxSpoolDelayMs: number;
}

const mebibyte = 1024 * 1024;

export const defaultIngestLimits: IngestLimits = {
  maxBatchEvents: 1_000,
  maxBatchWireBytes: mebibyte,
  maxBatchInflatedBytes: 8 * mebibyte,
  maxEventBytes: 256 * 1024,
  maxChunkBytes: 512 * 1024,
  maxScreenshotBytes: 16 * mebibyte,
  maxScreenshotPixels: 40_000_000,
  maxQueuedBytes: 64 * mebibyte,
  maxReceivingBytes: 256 * mebibyte,
  tenantRate: { tokensPerSec: 50_000, burstTokens: 100_000 },
  deviceRate: { tokensPerSec: 1_000, burstTokens: 20_000 },
  maxSilenceMs: 24 * 3_600_000,
  maxSessions: 100_000,
  checkpointIntervalMs: 10_000,
  maxSpoolDelayMs: 3_600_000,
};
