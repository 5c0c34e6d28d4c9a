export interface BucketLimits {
  readonly tokensPerSec: number;
  /** What a caller that was silent may take at once. */
  readonly burstTokens: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/**
 * One token bucket a name. A request may take more than is there as long as something is: the debt is waited for, so that a batch larger
 * than the burst is slowed down and never stuck. At most `maxBuckets` are kept; the longest unused goes, which only forgives its debt.
 */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #limits: BucketLimits;
  readonly #maxBuckets: number;

  constructor(limits: BucketLimits, maxBuckets = 100_000) {
    this.#limits = limits;
    this.#maxBuckets = maxBuckets;
  }

  /** Milliseconds (monotonic clock) to wait before the next try, or 0 and the tokens are taken. */
  take(name: string, tokens: number, nowMs: number): number {
    const bucket = this.#fill(name, nowMs);
    if (bucket.tokens <= 0) return Math.ceil(((1 - bucket.tokens) / this.#limits.tokensPerSec) * 1000);
    bucket.tokens -= tokens;
    return 0;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #fill(name: string, nowMs: number): Bucket {
    const { tokensPerSec, burstTokens } = this.#limits;
    const found = this.#buckets.get(name) ?? { tokens: burstTokens, filledAtMs: nowMs };
    const gained = ((nowMs - found.filledAtMs) / 1000) * tokensPerSec;
    found.tokens = Math.min(burstTokens, found.tokens + gained);
    found.filledAtMs = nowMs;
    this.#buckets.delete(name);
    this.#buckets.set(name, found);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > this.#maxBuckets && oldest.done !== true) this.#buckets.delete(oldest.value);
    return found;
  }
}
