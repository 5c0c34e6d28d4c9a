import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Clock } from '../../../topology/base/clock.ts';
import type { ImageLinks } from '../../ports/image-links.ts';
import { keySegments } from '../object-key.ts';
import { createBucketClient } from './bucket-client.ts';
import type { BucketOptions } from './bucket-options.ts';

export interface ImageLinkOptions {
  readonly validMs: number;
  /** The store's address as browsers reach it, when it is another than `endpoint`. */
  readonly publicEndpoint?: string | undefined;
}

/**
 * Signed addresses (SigV4 in the query), valid from now on by the clock of the server, which is the only one that judges them; `store` knows it from answers. They
 * are made here, no request is sent.
 */
export async function createImageLinks(
  options: BucketOptions & { readonly clock: Clock },
  { validMs, publicEndpoint }: ImageLinkOptions,
  store: S3Client,
): Promise<ImageLinks & { close(): void }> {
  const client = createBucketClient(options, publicEndpoint ?? options.endpoint);
  const linkTo = async (key: string): Promise<string> => {
    keySegments(key);
    const command = new GetObjectCommand({ Bucket: options.bucket, Key: key });
    const nowMs = options.clock.nowMs() + store.config.systemClockOffset;
    return getSignedUrl(client, command, { expiresIn: Math.ceil(validMs / 1_000), signingDate: new Date(nowMs) });
  };
  // A link to no object, for its origin: with the bucket in the host it is not the endpoint's.
  const { origin } = new URL(await linkTo('images/none'));
  return { origin, validMs, linkTo, close: () => client.destroy() };
}
