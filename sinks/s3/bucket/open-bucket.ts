import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Clock } from '../../../topology/base/clock.ts';
import type { Logger } from '../../../topology/base/logger.ts';
import type { ImageLinks } from '../../ports/image-links.ts';
import { bucketParts, type BucketParts } from './bucket-client.ts';
import { BucketObjectStore } from './bucket-object-store.ts';
import type { BucketOptions } from './bucket-options.ts';
import { createImageLinks, type ImageLinkOptions } from './image-links.ts';
import type { LifecyclePolicy } from './lifecycle-policy.ts';
import { applyLifecycle } from './lifecycle.ts';
import { sweepUploads } from './multipart.ts';
import { checkServer, keepsVersions } from './server-check.ts';

export interface OpenBucketOptions extends BucketOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The bucket's rules are left alone without one. */
  readonly lifecycle?: LifecyclePolicy | undefined;
  readonly links?: ImageLinkOptions | undefined;
}

export interface OpenedBucket {
  readonly store: ObjectStore;
  readonly imageLinks: ImageLinks | undefined;
  /** Ends idle connections; calls under way fail. */
  close(): Promise<void>;
}

const uploadMaxAgeMs = 86_400_000;

/**
 * Opens a bucket that is there already, and sees whether its server does what is relied on (server-check.ts).
 * @throws {OBJECT_BUCKET_MISSING | OBJECT_ACCESS_DENIED | OBJECT_CLOCK_SKEWED | OBJECT_STORE_UNAVAILABLE | OBJECT_STORE_UNSUITABLE}
 */
export async function openBucket(options: OpenBucketOptions): Promise<OpenedBucket> {
  const parts = bucketParts(options);
  try {
    await checkServer(parts);
    await tidy(parts, options);
    const imageLinks = options.links && (await createImageLinks(options, options.links, parts.client));
    const close = async (): Promise<void> => {
      imageLinks?.close();
      parts.client.destroy();
    };
    return { store: new BucketObjectStore(parts), imageLinks, close };
  } catch (error) {
    parts.client.destroy();
    throw error;
  }
}

async function tidy(parts: BucketParts, { clock, logger, lifecycle, bucket }: OpenBucketOptions): Promise<void> {
  const sweptCount = await sweepUploads(parts, clock.nowMs(), uploadMaxAgeMs);
  if (sweptCount > 0) logger.info({ bucket, sweptCount }, 'ended uploads in parts that a crash had left open');
  const outcome = lifecycle && (await applyLifecycle(parts, lifecycle));
  if (outcome === 'applied') logger.info({ bucket }, 'set the lifecycle rules of the bucket');
  if (outcome === 'unsupported' || outcome === 'not-allowed') {
    const why = outcome === 'unsupported' ? 'the object store has no lifecycle rules' : 'the credentials may not set lifecycle rules';
    logger.warn(
      { bucket, outcome },
      `${why}: no original expires and no picture moves to a colder class, whatever --s3-quarantine-days and --s3-cold-days say`,
    );
  }
  const isCleared = outcome === 'applied' || outcome === 'unchanged';
  if (!isCleared && (await keepsVersions(parts)))
    logger.warn(
      { bucket },
      'the bucket keeps old versions: a deleted recording stays readable in them until a rule of the bucket ends them',
    );
}
