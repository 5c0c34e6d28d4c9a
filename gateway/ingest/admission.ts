import type { Clock } from '../../topology/base/clock.ts';
import type { Counter, Metrics } from '../../topology/base/metrics.ts';
import { refuse } from '../http/refusal.ts';
import type { Refusal } from '../http/refusal.ts';
import type { IngestLimits } from './limits.ts';
import { TokenBuckets } from './token-bucket.ts';

/** Who may send how much: a bucket a tenant, a bucket a device, and one budget for pictures that are being received. */
export class Admission {
  readonly #tenants: TokenBuckets;
  readonly #devices: TokenBuckets;
  readonly #clock: Clock;
  readonly #maxReceivingBytes: number;
  readonly #limited: Counter;
  #receivingBytes = 0;

  constructor(limits: IngestLimits, clock: Clock, metrics: Metrics) {
    this.#tenants = new TokenBuckets(limits.tenantRate);
    this.#devices = new TokenBuckets(limits.deviceRate);
    this.#clock = clock;
    this.#maxReceivingBytes = limits.maxReceivingBytes;
    this.#limited = metrics.counter('gateway_rate_limited_total', 'Requests refused by a token bucket', ['bucket']);
  }

  /** Takes tokens for a tenant's device, or says how long to wait. */
  take(tenantId: string, deviceId: string, tokens: number): Refusal | undefined {
    const nowMs = this.#clock.monotonicMs();
    const deviceWaitMs = this.#devices.take(`${tenantId}/${deviceId}`, tokens, nowMs);
    if (deviceWaitMs > 0) return this.#refuse('device', deviceWaitMs);
    const tenantWaitMs = this.#tenants.take(tenantId, tokens, nowMs);
    return tenantWaitMs > 0 ? this.#refuse('tenant', tenantWaitMs) : undefined;
  }

  /** Runs `work` while `sizeBytes` of the receiving budget are held. */
  async receiving<Result>(sizeBytes: number, work: () => Promise<Result>): Promise<Result | Refusal> {
    if (this.#receivingBytes > 0 && this.#receivingBytes + sizeBytes > this.#maxReceivingBytes) {
      return refuse('SERVER_BUSY', 'as many pictures as may be are being received', { retryAfterMs: 500 });
    }
    this.#receivingBytes += sizeBytes;
    try {
      return await work();
    } finally {
      this.#receivingBytes -= sizeBytes;
    }
  }

  #refuse(bucket: 'tenant' | 'device', waitMs: number): Refusal {
    this.#limited.add(1, { bucket });
    return refuse('RATE_LIMITED', `too many events for this ${bucket}`, { retryAfterMs: waitMs });
  }
}
