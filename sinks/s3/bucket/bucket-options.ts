import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { Encryption } from './encryption.ts';
import type { CallTuning } from './bucket-calls.ts';

export interface BucketOptions extends CallTuning {
  readonly bucket: string;
  readonly region: string;
  /** Of a server that is not AWS, like `http://127.0.0.1:9000`. */
  readonly endpoint?: string | undefined;
  /** `path` puts the bucket behind the host, as most servers that are not AWS want it. */
  readonly addressing: 'host' | 'path';
  /** Default: the SDK's own chain: environment, profile, web identity, container, instance. */
  readonly credentials?: BucketCredentials | undefined;
  readonly encryption: Encryption;
  /** Sent with every body and checked by the server; what is read is checked against what the server keeps. */
  readonly checksum: 'crc32' | 'sha256';
  /** A body of this size or more goes in parts. */
  readonly multipartFromBytes: number;
  /** At least 5 MiB, as S3 wants it. */
  readonly partBytes: number;
  /** Instead of the network, for tests. */
  readonly requestHandler?: S3ClientConfig['requestHandler'];
}

export interface BucketCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What suits pictures of some hundred kilobytes. */
export const bucketDefaults = {
  encryption: { kind: 'bucket' },
  checksum: 'crc32',
  multipartFromBytes: 16 << 20,
  partBytes: 8 << 20,
  concurrency: 32,
  timeoutMs: 30_000,
  attempts: 4,
} as const satisfies Partial<BucketOptions>;
