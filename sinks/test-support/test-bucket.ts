import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort } from '../../services/free-port.ts';
import type { RunningService } from '../../services/service.ts';
import { versitygwAccess, versitygwService } from '../../services/versitygw/versitygw-service.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { bucketDefaults } from '../s3/bucket/bucket-options.ts';
import type { OpenBucketOptions } from '../s3/bucket/open-bucket.ts';

const { region, ...credentials } = versitygwAccess;
const noServer = 'no S3 server: set STEPWRIGHT_TEST_S3=http://host:port, or run `npm run services -- up versitygw` once';

/**
 * The S3 server that test files share: the one at `address`, else the one that `npm run services -- up versitygw` has started, else one for this file
 * alone, else the reason for skipping. Nothing is fetched here.
 */
export async function findTestS3(address: string | undefined): Promise<{ readonly endpoint: string } | { readonly skipReason: string }> {
  if (address !== undefined && address !== '') return { endpoint: address };
  const running = versitygwService.running();
  if (running !== undefined) return { endpoint: `http://${running.address}` };
  return ownS3Skip() === false ? { endpoint: (await startOwnS3()).endpoint } : { skipReason: noServer };
}

/** Why a server of one's own cannot be started; false when it can. */
export function ownS3Skip(): string | false {
  return versitygwService.isInstalled() ? false : noServer;
}

/** A server that may be treated badly. */
export interface OwnS3 {
  readonly endpoint: string;
  kill(): Promise<void>;
  /** After `kill`: the same server, on the same port and data. */
  startAgain(): Promise<void>;
}

/** On a free port and a folder that is deleted after the file's tests. */
export async function startOwnS3(): Promise<OwnS3> {
  const start = { directory: await mkdtemp(join(tmpdir(), 'stepwright-s3-')), port: await freePort() };
  let running: RunningService = await versitygwService.start(start);
  after(async () => {
    await running.stop();
    await rm(start.directory, { recursive: true, force: true });
  });
  return {
    endpoint: `http://${running.address}`,
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.stop();
    },
    startAgain: async () => {
      running = await versitygwService.start(start);
    },
  };
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
