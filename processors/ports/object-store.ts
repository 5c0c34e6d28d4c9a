/** Blobs by key. Keys are `/`-separated, `[A-Za-z0-9._=-]` segments. Implemented by sinks/s3 and its folder twin; one contract suite. */
export interface ObjectStore {
  get(key: string): Promise<Buffer | undefined>;
  head(key: string): Promise<{ readonly sizeBytes: number; readonly contentType: string } | undefined>;
  /** Durable when it resolves. `ifAbsent`: first write wins; resolves false when the object was there. */
  put(key: string, body: Buffer, options: PutOptions): Promise<boolean>;
  delete(key: string): Promise<void>;
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly sizeBytes: number; readonly modifiedAtMs: number }>;
}

export interface PutOptions {
  readonly contentType: string;
  readonly ifAbsent?: boolean;
  /**
   * A pointer object: replaced only by a higher position (a late zombie cannot turn it back). Answers false when a higher one stands. With `ifAbsent` it is
   * made and never replaced, which costs one request where most pointers are written once.
   */
  readonly position?: bigint;
}
