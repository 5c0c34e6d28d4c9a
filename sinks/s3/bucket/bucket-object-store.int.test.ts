import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { hasCode } from '../../../topology/base/errors.ts';
import { objectStoreContract } from '../../contracts/object-store-contract.ts';
import { bucketOptions, findTestS3, newBucket } from '../../test-support/test-bucket.ts';
import { bucketParts } from './bucket-client.ts';
import { openBucket, type OpenBucketOptions } from './open-bucket.ts';

const server = await findTestS3(process.env['STEPWRIGHT_TEST_S3']);

if ('skipReason' in server) {
  it('the object store contract on S3', { skip: server.skipReason }, () => {});
} else {
  const open = (more: Partial<OpenBucketOptions>) => async () => openBucket({ ...(await newBucket(server.address)), ...more });
  objectStoreContract('bucket', open({}), { isFileBound: true });
  objectStoreContract('bucket with SHA-256, in parts from the first byte', open({ checksum: 'sha256', multipartFromBytes: 1 }), {
    isFileBound: true,
  });
  largeObjects(server.address);
  signedLinks(server.address);
  opening(server.address);
}

function largeObjects(endpoint: string): void {
  describe('objects in parts', () => {
    for (const checksum of ['crc32', 'sha256'] as const) {
      it(`are the bytes that were given, with ${checksum}, and one of several writers makes them`, async () => {
        const { store, close } = await openBucket({
          ...(await newBucket(endpoint)),
          checksum,
          multipartFromBytes: 6 << 20,
          partBytes: 5 << 20,
        });
        const bodies = [1, 2, 3].map((fill) => Buffer.alloc((11 << 20) + fill, fill));
        const png = { contentType: 'image/png', ifAbsent: true };
        const answers = await Promise.all(bodies.map((body) => store.put('images/a/b/large.png', body, png)));
        assert.equal(answers.filter(Boolean).length, 1);
        const winner = bodies[answers.indexOf(true)];
        assert.ok(winner !== undefined && (await store.get('images/a/b/large.png'))?.equals(winner));
        await close();
      });
    }
  });
}

function signedLinks(endpoint: string): void {
  describe('signed links', () => {
    const validMs = 60_000;
    const key = 'images/a/b/picture.png';
    const picture = Buffer.from('89504e470d0a1a0a00ff', 'hex');

    /** The picture, with a link to it that was made so long ago. */
    async function linked(ageMs: number): Promise<URL> {
      const options = await newBucket(endpoint);
      const clock = { ...options.clock, nowMs: () => options.clock.nowMs() - ageMs };
      const { store, imageLinks, close } = await openBucket({ ...options, clock, links: { validMs } });
      for (const each of [key, `${key}2`]) await store.put(each, picture, { contentType: 'image/png' });
      const link = await imageLinks?.linkTo(key);
      await close();
      return new URL(link ?? assert.fail('there are no links'));
    }

    it('give the one picture to whoever has them, as it is', async () => {
      const answer = await fetch(await linked(0));
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'image/png');
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), picture);
    });
    it('open nothing else: no other picture, no longer time, no writing, nothing without the signature', async () => {
      const link = await linked(0);
      const other = new URL(link);
      other.pathname += '2';
      const longer = new URL(link);
      longer.searchParams.set('X-Amz-Expires', '86400');
      for (const refused of [other, longer, new URL(link.pathname, link)]) {
        const answer = await fetch(refused);
        assert.equal(answer.status, 403, refused.href);
        assert.ok(!Buffer.from(await answer.arrayBuffer()).includes(picture));
      }
      assert.equal((await fetch(link, { method: 'PUT', body: 'mine' })).status, 403);
      assert.equal((await fetch(link, { method: 'DELETE' })).status, 403);
    });
    it('end by themselves', async () => {
      assert.equal((await fetch(await linked(validMs - 30_000))).status, 200);
      assert.equal((await fetch(await linked(validMs + 1_000))).status, 403);
    });
  });
}

function opening(endpoint: string): void {
  describe('opening a bucket', () => {
    it('names the bucket that is not there', async () => {
      await assert.rejects(
        openBucket(bucketOptions(endpoint, 'no-such-bucket')),
        (error) => hasCode(error, 'OBJECT_BUCKET_MISSING') && error.message.includes('"no-such-bucket"'),
      );
    });
    it('ends what a process that was killed in the middle of an upload left there, a day later', async () => {
      const options = await newBucket(endpoint);
      const { client } = bucketParts(options);
      const object = { Bucket: options.bucket, Key: 'images/acme/s1/large.png' };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
      await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: Buffer.alloc(1_000) }));
      const leftAfter = async (ageMs: number): Promise<number> => {
        const clock = { ...options.clock, nowMs: () => options.clock.nowMs() + ageMs };
        await (await openBucket({ ...options, clock })).close();
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: options.bucket }));
        return Uploads.length;
      };
      const hourMs = 3_600_000;
      assert.equal(await leftAfter(23 * hourMs), 1, 'another process may still be at it');
      assert.equal(await leftAfter(25 * hourMs), 0);
      client.destroy();
    });
    it('names a bucket that was deleted while it was open, and goes on when it is there again', async () => {
      const options = await newBucket(endpoint);
      const { store, close } = await openBucket(options);
      const { client } = bucketParts(options);
      const text = { contentType: 'text/plain' };
      await client.send(new DeleteBucketCommand({ Bucket: options.bucket }));
      for (const call of [
        () => store.put('k', Buffer.from('1'), text),
        () => store.put('k', Buffer.from('1'), { ...text, position: 1n }),
        () => store.get('k'),
        () => store.list('')[Symbol.asyncIterator]().next(),
      ]) {
        await assert.rejects(call(), (error) => hasCode(error, 'OBJECT_BUCKET_MISSING') && error.disposition === 'retry', call.toString());
      }
      await client.send(new CreateBucketCommand({ Bucket: options.bucket }));
      assert.equal(await store.put('k', Buffer.from('1'), text), true);
      client.destroy();
      await close();
    });
    it('refuses wrong credentials without showing them', async () => {
      const options = await newBucket(endpoint);
      for (const credentials of [
        { accessKeyId: 'test', secretAccessKey: 'not-the-secret' },
        { accessKeyId: 'not-the-key', secretAccessKey: 'not-the-secret' },
      ]) {
        await assert.rejects(
          openBucket({ ...options, credentials }),
          (error) =>
            hasCode(error, 'OBJECT_ACCESS_DENIED') && !/not-the/.test(`${error.stack}${JSON.stringify(error)}${String(error.cause)}`),
        );
      }
    });
    it('says where nobody answers', async () => {
      const nobody = { ...bucketOptions('http://127.0.0.1:1', 'b'), wait: async () => {} };
      await assert.rejects(
        openBucket(nobody),
        (error) => hasCode(error, 'OBJECT_STORE_UNAVAILABLE') && error.message.includes('http://127.0.0.1:1'),
      );
    });
    it('refuses a server that takes the wish for encryption and does not fulfil it', async () => {
      const options = await newBucket(endpoint);
      for (const encryption of [{ kind: 's3' }, { kind: 'kms', keyId: 'some-key' }] as const) {
        await assert.rejects(openBucket({ ...options, encryption }), (error) => hasCode(error, 'OBJECT_STORE_UNSUITABLE'), encryption.kind);
      }
    });
    it('says that the server has no lifecycle rules, and goes on', async () => {
      const lines: string[] = [];
      const options = await newBucket(endpoint);
      const logger = { ...options.logger, warn: (_fields: object, message: string) => void lines.push(message) };
      const { close } = await openBucket({ ...options, logger, lifecycle: { quarantineDays: 90, coldClass: 'STANDARD_IA' } });
      await close();
      assert.match(lines.join('\n'), /has no lifecycle rules: no original expires/);
    });
  });
}
