import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  findTestService,
  ownServiceSkip,
  startOwnService,
  type FoundService,
  type OwnService,
  type TestService,
} from '../../services/test-support/test-service.ts';
import { versitygwAccess, versitygwService } from '../../services/versitygw/versitygw-service.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { bucketDefaults } from '../s3/bucket/bucket-options.ts';
import type { OpenBucketOptions } from '../s3/bucket/open-bucket.ts';

const { region, ...credentials } = versitygwAccess;

const s3: TestService = {
  service: versitygwService,
  title: 'S3 server',
  setting: 'STEPWRIGHT_TEST_S3=http://host:port',
  container: {
    image: 'versity/versitygw:v1.8.0',
    port: 7070,
    environment: () => ({ ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey }),
    command: ['posix', '/tmp'],
  },
  addressOf: (address) => `http://${address}`,
};

export type OwnS3 = OwnService;

/** The S3 server that test files share; its address is a URL. */
export function findTestS3(endpoint: string | undefined): Promise<FoundService> {
  return findTestService(s3, endpoint);
}

/** Why a server of one's own cannot be started; false when it can. */
export function ownS3Skip(): string | false {
  return ownServiceSkip(s3);
}

export function startOwnS3(): Promise<OwnS3> {
  return startOwnService(s3);
}

/** Makes an empty bucket and answers how to open it. */
export async function newBucket(endpoint: string): Promise<OpenBucketOptions> {
  const bucket = `test-${randomUUID()}`;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return bucketOptions(endpoint, bucket);
}

export function bucketOptions(endpoint: string, bucket: string): OpenBucketOptions {
  const { random } = Math;
  return {
    ...bucketDefaults,
    bucket,
    region,
    endpoint,
    addressing: 'path',
    credentials,
    random,
    clock: createSystemClock(),
    logger: silentLogger,
  };
}
