import { S3Client, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { BucketCalls } from './bucket-calls.ts';
import type { BucketOptions } from './bucket-options.ts';
import { limitTime } from './time-limit.ts';

/** What every part that talks to the bucket shares. */
export interface BucketParts {
  readonly client: S3Client;
  readonly calls: BucketCalls;
  readonly options: BucketOptions;
}

export function bucketParts(options: BucketOptions): BucketParts {
  const calls = new BucketCalls(options, { bucket: options.bucket, endpoint: options.endpoint ?? `AWS ${options.region}` });
  return { client: createBucketClient(options, options.endpoint), calls, options };
}

/** Connects when it is first used. */
export function createBucketClient(options: BucketOptions, endpoint: string | undefined): S3Client {
  const { region, addressing, credentials, concurrency, timeoutMs } = options;
  const sockets = { maxSockets: concurrency, keepAlive: true };
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    forcePathStyle: addressing === 'path',
    // One attempt: repeats are the business of BucketCalls.
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    // Reads ask for it one by one, so that signed links stay plain.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: options.requestHandler ?? {
      connectionTimeout: Math.min(timeoutMs, 5_000),
      httpAgent: sockets,
      httpsAgent: sockets,
    },
    // The middleware of a kind of request is put together once. It holds for requests without options only, see time-limit.ts.
    cacheMiddleware: true,
  });
  limitTime(client, timeoutMs);
  return client;
}

/** All bytes of an answer; its checksum is verified on the way. @throws when the request's time ends first, or the checksum is another one. */
export async function readBody(body: GetObjectCommandOutput['Body']): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.from(await body.transformToByteArray());
}
