import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../../../topology/base/errors.ts';
import { objectStoreContract } from '../../contracts/object-store-contract.ts';
import { bucketOptions, findTestS3, newBucket } from '../../test-support/test-bucket.ts';
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

function opening(endpoint: string): void {
  describe('opening a bucket', () => {
    it('names the bucket that is not there', async () => {
      await assert.rejects(
        openBucket(bucketOptions(endpoint, 'no-such-bucket')),
        (error) => hasCode(error, 'OBJECT_BUCKET_MISSING') && error.message.includes('"no-such-bucket"'),
      );
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
