import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { BucketParts } from './bucket-client.ts';
import { describeObject, settled, type ObjectWrite } from './object-write.ts';

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

/** Writes an object in parts, side by side. False when its condition did not hold. Whatever fails, no part is left behind. */
export async function putInParts(parts: BucketParts, write: ObjectWrite): Promise<boolean> {
  const upload = await begin(parts, write);
  try {
    const isWritten = await complete(parts, write, upload, await sendParts(parts, write.body, upload));
    if (!isWritten) await abort(parts, upload);
    return isWritten;
  } catch (error) {
    // What failed says more than what then could not be tidied; `sweepUploads` finds the rest.
    await abort(parts, upload).catch(() => undefined);
    throw error;
  }
}

/**
 * Ends uploads that a crash left open more than `maxAgeMs` ago: their parts cost room that no listing of objects shows. Answers how many.
 */
export async function sweepUploads({ client, calls, options }: BucketParts, nowMs: number, maxAgeMs: number): Promise<number> {
  const { bucket: Bucket } = options;
  let count = 0;
  let KeyMarker: string | undefined;
  let UploadIdMarker: string | undefined;
  do {
    const command = new ListMultipartUploadsCommand({ Bucket, KeyMarker, UploadIdMarker });
    const page = await calls.run('list uploads', () => client.send(command));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || nowMs - (Initiated?.getTime() ?? nowMs) < maxAgeMs) continue;
      await abort({ client, calls, options }, { Bucket, Key, UploadId });
      count++;
    }
    [KeyMarker, UploadIdMarker] = page.IsTruncated ? [page.NextKeyMarker, page.NextUploadIdMarker] : [];
  } while (KeyMarker !== undefined);
  return count;
}

async function begin(parts: BucketParts, write: ObjectWrite): Promise<Upload> {
  const command = new CreateMultipartUploadCommand(describeObject(parts, write));
  const { UploadId } = await parts.calls.run('begin an upload', () => parts.client.send(command));
  if (UploadId !== undefined) return { Bucket: parts.options.bucket, Key: write.key, UploadId };
  throw new StepwrightError('OBJECT_STORE_UNSUITABLE', 'The object store began an upload in parts and gave it no id.');
}

/** All parts are asked for at once; how many travel is the bound of the calls. */
async function sendParts({ client, calls, options }: BucketParts, body: Buffer, upload: Upload): Promise<CompletedPart[]> {
  const { partBytes, checksum } = options;
  const ChecksumAlgorithm = checksum === 'sha256' ? 'SHA256' : 'CRC32';
  const outcomes = await Promise.allSettled(
    Array.from({ length: Math.ceil(body.length / partBytes) }, async (_part, index): Promise<CompletedPart> => {
      const PartNumber = index + 1;
      const Body = body.subarray(index * partBytes, PartNumber * partBytes);
      const input = { ...upload, PartNumber, Body, ContentLength: Body.length, ChecksumAlgorithm } as const;
      const { ETag, ChecksumCRC32, ChecksumSHA256 } = await calls.run('write a part', () => client.send(new UploadPartCommand(input)));
      return { PartNumber, ETag, ChecksumCRC32, ChecksumSHA256 };
    }),
  );
  // All have ended before the upload is aborted, so none arrives after it.
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

function complete(parts: BucketParts, write: ObjectWrite, upload: Upload, sent: CompletedPart[]): Promise<boolean> {
  const input = { ...upload, ...write.condition, MultipartUpload: { Parts: sent } };
  return parts.calls.run('complete an upload', (attempt) =>
    settled(parts, write, attempt, () => parts.client.send(new CompleteMultipartUploadCommand(input))),
  );
}

async function abort({ client, calls }: BucketParts, upload: Upload): Promise<void> {
  await calls.run('abort an upload', () => client.send(new AbortMultipartUploadCommand(upload)));
}
