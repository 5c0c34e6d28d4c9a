import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3ServiceException,
  type LifecycleRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { BucketParts } from './bucket-client.ts';
import type { LifecyclePolicy } from './lifecycle-policy.ts';

export type LifecycleOutcome = 'applied' | 'unchanged' | 'unsupported' | 'not-allowed';

const idPrefix = 'stepwright-';

/** The rules of a policy. Parts of uploads that nobody finished, and old versions in a bucket that keeps them, go in any case. */
export function lifecycleRules({ quarantineDays, coldAfterDays, coldClass }: LifecyclePolicy): readonly LifecycleRule[] {
  const rule = (id: string, prefix: string, does: Partial<LifecycleRule>): LifecycleRule => ({
    ID: `${idPrefix}${id}`,
    Status: 'Enabled',
    Filter: { Prefix: prefix },
    ...does,
  });
  return [
    rule('unfinished-uploads', '', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
    // A deleted recording must not live on as an old version.
    rule('old-versions', '', { NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
    ...(quarantineDays === undefined ? [] : [rule('quarantine', 'quarantine/', { Expiration: { Days: quarantineDays } })]),
    ...(coldAfterDays === undefined
      ? []
      : [rule('cold-pictures', 'images/', { Transitions: [{ Days: coldAfterDays, StorageClass: coldClass }] })]),
  ];
}

/**
 * Puts the policy's rules in the place of ours among the bucket's; rules of others stay. Writes only when something changes, so that many processes may
 * start with the same policy. A server without the API, or one that does not allow it, is an answer and no error.
 */
export async function applyLifecycle(parts: BucketParts, policy: LifecyclePolicy): Promise<LifecycleOutcome> {
  const { client, calls, options } = parts;
  try {
    return await calls.run('set lifecycle rules', () => replaceRules(client, options.bucket, lifecycleRules(policy)));
  } catch (error) {
    const reason = error instanceof StepwrightError ? error.context['reason'] : undefined;
    if (reason === 'NotImplemented' || reason === 'MethodNotAllowed') return 'unsupported';
    if (reason === 'AccessDenied') return 'not-allowed';
    throw error;
  }
}

async function replaceRules(client: S3Client, Bucket: string, wanted: readonly LifecycleRule[]): Promise<LifecycleOutcome> {
  const standing = await standingRules(client, Bucket);
  const isOurs = ({ ID }: LifecycleRule): boolean => ID?.startsWith(idPrefix) ?? false;
  if (fingerprint(standing.filter(isOurs)) === fingerprint(wanted)) return 'unchanged';
  const Rules = [...standing.filter((rule) => !isOurs(rule)), ...wanted];
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  return 'applied';
}

async function standingRules(client: S3Client, Bucket: string): Promise<readonly LifecycleRule[]> {
  try {
    return (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules ?? [];
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
}

function fingerprint(rules: readonly LifecycleRule[]): string {
  const facts = rules.map((rule) => [
    rule.ID,
    rule.Status,
    rule.Filter?.Prefix ?? '',
    rule.Expiration?.Days,
    rule.Transitions?.map(({ Days, StorageClass }) => [Days, StorageClass]),
  ]);
  return JSON.stringify(facts.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)));
}
