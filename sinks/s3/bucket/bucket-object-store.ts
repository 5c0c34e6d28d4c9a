import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ObjectStore, PutOptions } from '../../../processors/ports/object-store.ts';
import { KeyedLock } from '../../../topology/base/keyed-lock.ts';
import { checkPrefix, keySegments } from '../object-key.ts';
import { contended } from './bucket-calls.ts';
import { readBody, type BucketParts } from './bucket-client.ts';
import { isAbsent } from './bucket-errors.ts';
import { putInParts } from './multipart.ts';
import { positionName, putWhole, type ObjectWrite } from './object-write.ts';
import { markPosition, parsePosition, positionMarkBytes, withoutPosition } from './position-mark.ts';

/** With each round at least one writer got through, so more than this at once on one pointer is a fault. */
const maxRounds = 20;

interface Standing {
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly eTag: string | undefined;
  /** Of a pointer. */
  readonly position: bigint | undefined;
}

/**
 * The object store on a bucket. Objects are whole or not there; S3 makes a write durable before it answers.
 * - `ifAbsent` is `If-None-Match: *`: of any number of writers in any number of processes one wins.
 * - A pointer carries its position in its metadata and its bytes (position-mark.ts). Replacing one is read, compare, `If-Match` on what was read: who
 *   was overtaken in between reads again. So a position never falls, whoever comes late.
 * - A listing tells a pointer's size with its mark.
 */
export class BucketObjectStore implements ObjectStore {
  readonly #parts: BucketParts;
  readonly #locks = new KeyedLock();

  constructor(parts: BucketParts) {
    this.#parts = parts;
  }

  async get(key: string): Promise<Buffer | undefined> {
    keySegments(key);
    const { client, calls } = this.#parts;
    const command = new GetObjectCommand({ ...this.#at(key), ChecksumMode: 'ENABLED' });
    return calls.run('read', () =>
      absentIsUndefined(async () => {
        const { Body, Metadata } = await client.send(command);
        const bytes = await readBody(Body);
        return Metadata?.[positionName] === undefined ? bytes : withoutPosition(bytes);
      }),
    );
  }

  async head(key: string): Promise<{ readonly sizeBytes: number; readonly contentType: string } | undefined> {
    keySegments(key);
    const standing = await this.#standing(key);
    if (standing === undefined) return undefined;
    const { sizeBytes, contentType, position } = standing;
    return { sizeBytes: position === undefined ? sizeBytes : sizeBytes - positionMarkBytes, contentType };
  }

  async put(key: string, body: Buffer, options: PutOptions): Promise<boolean> {
    keySegments(key);
    const { contentType, ifAbsent, position } = options;
    const content = position === undefined ? { body } : { body: markPosition(body, position), metadata: { [positionName]: `${position}` } };
    const write = { key, contentType, ...content, writeId: randomUUID() };
    if (ifAbsent) return this.#write({ ...write, condition: { IfNoneMatch: '*' } });
    return position === undefined ? this.#write(write) : this.#locks.run(key, () => this.#turnPointer(write, position));
  }

  async delete(key: string): Promise<void> {
    keySegments(key);
    const { client, calls } = this.#parts;
    await calls.run('delete', () => absentIsUndefined(() => client.send(new DeleteObjectCommand(this.#at(key)))));
  }

  async *list(prefix: string): AsyncIterable<{ readonly key: string; readonly sizeBytes: number; readonly modifiedAtMs: number }> {
    checkPrefix(prefix);
    const { client, calls, options } = this.#parts;
    let after: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: options.bucket, Prefix: prefix, ContinuationToken: after });
      const page = await calls.run('list', () => client.send(command));
      for (const { Key, Size = 0, LastModified } of page.Contents ?? []) {
        // What ends in a slash is a folder that some console drew.
        if (Key !== undefined && !Key.endsWith('/')) yield { key: Key, sizeBytes: Size, modifiedAtMs: LastModified?.getTime() ?? 0 };
      }
      after = page.NextContinuationToken;
    } while (after !== undefined);
  }

  #write(write: ObjectWrite): Promise<boolean> {
    return write.body.length < this.#parts.options.multipartFromBytes ? putWhole(this.#parts, write) : putInParts(this.#parts, write);
  }

  async #turnPointer(write: ObjectWrite, position: bigint): Promise<boolean> {
    for (let round = 1; round <= maxRounds; round++) {
      const standing = await this.#standing(write.key);
      if (standing?.position !== undefined && standing.position >= position) return standing.position === position;
      const condition = standing === undefined ? { IfNoneMatch: '*' } : { IfMatch: standing.eTag };
      if (await this.#write({ ...write, condition })) return true;
      await this.#parts.calls.pause(round);
    }
    throw contended(write.key);
  }

  #standing(key: string): Promise<Standing | undefined> {
    const { client, calls } = this.#parts;
    return calls.run('read', () =>
      absentIsUndefined(async () => {
        const found = await client.send(new HeadObjectCommand(this.#at(key)));
        const position = found.Metadata?.[positionName];
        return {
          sizeBytes: found.ContentLength ?? 0,
          contentType: found.ContentType ?? 'application/octet-stream',
          eTag: found.ETag,
          position: position === undefined ? undefined : parsePosition(position),
        };
      }),
    );
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#parts.options.bucket, Key: key };
  }
}

async function absentIsUndefined<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
