import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, GetBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { BucketParts } from './bucket-client.ts';
import { isAbsent, isPreconditionFailed } from './bucket-errors.ts';
import { encryptionInput, encryptionProblem } from './encryption.ts';

/**
 * Writes an object of a few bytes and deletes it, to see that the server does what is relied on: some answer 200 to conditions and to encryption
 * headers that they do not know, and then two writers both win, or secrets stand in the clear.
 * @throws {OBJECT_STORE_UNSUITABLE} naming what is missing; {OBJECT_BUCKET_MISSING | OBJECT_ACCESS_DENIED | OBJECT_STORE_UNAVAILABLE}.
 */
export async function checkServer(parts: BucketParts): Promise<void> {
  const { client, calls, options } = parts;
  const object = { Bucket: options.bucket, Key: `checks/${randomUUID()}` };
  try {
    const answered = await calls.run('write', () =>
      client.send(new PutObjectCommand({ ...object, ...encryptionInput(options.encryption), Body: 'check' })),
    );
    const problem = encryptionProblem(options.encryption, answered.ServerSideEncryption);
    if (problem !== undefined) throw unsuitable(`It does not encrypt as --s3-encryption says: ${problem}.`);
    for (const condition of [{ IfNoneMatch: '*' }, { IfMatch: '"0"' }]) {
      const put = new PutObjectCommand({ ...object, ...condition, Body: 'overwritten' });
      const isHeld = await calls.run('write', () => refusesBy(client.send(put)));
      if (!isHeld) throw unsuitable(`It does not heed ${Object.keys(condition).join()} on a write, by which two writers are told apart.`);
    }
  } finally {
    await calls.run('delete', () => client.send(new DeleteObjectCommand(object))).catch(() => undefined);
  }
}

/** True when the bucket keeps what is deleted as an old version. */
export async function keepsVersions({ client, calls, options }: BucketParts): Promise<boolean> {
  try {
    const { Status } = await calls.run('read the versioning', () =>
      client.send(new GetBucketVersioningCommand({ Bucket: options.bucket })),
    );
    return Status === 'Enabled';
  } catch (error) {
    // Not allowed to ask, or the server does not know the question.
    if (error instanceof StepwrightError && (error.code === 'OBJECT_ACCESS_DENIED' || error.code === 'OBJECT_STORE_FAILED')) return false;
    throw error;
  }
}

async function refusesBy(put: Promise<unknown>): Promise<boolean> {
  try {
    await put;
    return false;
  } catch (error) {
    if (isPreconditionFailed(error) || isAbsent(error)) return true;
    throw error;
  }
}

function unsuitable(what: string): StepwrightError {
  return new StepwrightError('OBJECT_STORE_UNSUITABLE', `This object store cannot be used. ${what}`);
}
