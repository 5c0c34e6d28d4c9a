import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ImageLinks } from '../../ports/image-links.ts';
import { keySegments } from '../object-key.ts';
import { createBucketClient } from './bucket-client.ts';
import type { BucketOptions } from './bucket-options.ts';

export interface ImageLinkOptions {
  readonly validMs: number;
  /** The store's address as browsers reach it, when it is another than `endpoint`. */
  readonly publicEndpoint?: string | undefined;
}

/** Signed addresses (SigV4 in the query); they are made here, no request is sent. */
export async function createImageLinks(
  options: BucketOptions,
  { validMs, publicEndpoint }: ImageLinkOptions,
): Promise<ImageLinks & { close(): void }> {
  const client = createBucketClient(options, publicEndpoint ?? options.endpoint);
  const linkTo = async (key: string): Promise<string> => {
    keySegments(key);
    return getSignedUrl(client, new GetObjectCommand({ Bucket: options.bucket, Key: key }), { expiresIn: Math.ceil(validMs / 1_000) });
  };
  // A link to no object, for its origin: with the bucket in the host it is not the endpoint's.
  const { origin } = new URL(await linkTo('images/none'));
  return { origin, validMs, linkTo, close: () => client.destroy() };
}
