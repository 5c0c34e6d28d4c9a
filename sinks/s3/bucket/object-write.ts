import {
  HeadObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  type CompleteMultipartUploadCommandInput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import type { BucketParts } from './bucket-client.ts';
import { isAbsent, isPreconditionFailed } from './bucket-errors.ts';
import { encryptionInput } from './encryption.ts';

/** Names of metadata, as `x-amz-meta-…`. */
export const positionName = 'stepwright-position';
const writeName = 'stepwright-write';

export interface ObjectWrite {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** `*`, or an entity tag that must stand; none means whatever stands. */
  readonly condition?: Pick<CompleteMultipartUploadCommandInput, 'IfMatch' | 'IfNoneMatch'>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of this very write, so that it knows itself again when its answer was lost. */
  readonly writeId: string;
}

export type DescribedObject = Pick<
  PutObjectCommandInput,
  'Bucket' | 'Key' | 'ContentType' | 'Metadata' | 'ChecksumAlgorithm' | 'ServerSideEncryption' | 'SSEKMSKeyId' | 'BucketKeyEnabled'
>;

export function describeObject({ options }: BucketParts, { key, contentType, metadata, writeId }: ObjectWrite): DescribedObject {
  return {
    Bucket: options.bucket,
    Key: key,
    ContentType: contentType,
    Metadata: { ...metadata, [writeName]: writeId },
    ChecksumAlgorithm: options.checksum === 'sha256' ? 'SHA256' : 'CRC32',
    ...encryptionInput(options.encryption),
  };
}

/** Writes an object in one request. False when its condition did not hold. */
export function putWhole(parts: BucketParts, write: ObjectWrite): Promise<boolean> {
  const input = { ...describeObject(parts, write), ...write.condition, Body: write.body, ContentLength: write.body.length };
  return parts.calls.run('write', (attempt) => settled(parts, write, attempt, () => parts.client.send(new PutObjectCommand(input))));
}

/**
 * Does a write that may have been done before: an attempt whose answer was lost makes the next one fail on its own object. False when the
 * condition did not hold and what stands is of somebody else.
 */
export async function settled(parts: BucketParts, write: ObjectWrite, attempt: number, send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    const isRefused = isPreconditionFailed(error) || (write.condition?.IfMatch !== undefined && isAbsent(error));
    if (!isRefused && !isUploadGone(error)) throw error;
    if (attempt > 1 && (await isStanding(parts, write))) return true;
    if (isRefused) return false;
    throw error;
  }
}

/** An upload is gone once it was completed. */
function isUploadGone(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchUpload';
}

async function isStanding({ client, options }: BucketParts, { key, writeId }: ObjectWrite): Promise<boolean> {
  try {
    const standing = await client.send(new HeadObjectCommand({ Bucket: options.bucket, Key: key }));
    return standing.Metadata?.[writeName] === writeId;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
