/** A ClickHouse server, or any node of a cluster. */
export interface ClickHouseServerOptions {
  /** `http://host:8123` or `https://host:8443`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** PEM of the authority that signed the server's certificate; the system's own when undefined. */
  readonly tlsCa?: string | undefined;
  /** Name of a cluster of one shard: tables are made on all its replicas, and are Replicated. */
  readonly cluster?: string | undefined;
  /** Longest time of one request. */
  readonly timeoutMs: number;
}

/** An insert that a client gave up on may still come to stand; after twice the time it does not. */
export function marginOf({ timeoutMs }: ClickHouseServerOptions): number {
  return 2 * timeoutMs;
}
