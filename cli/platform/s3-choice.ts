import { bucketDefaults, type BucketOptions } from '../../sinks/s3/bucket/bucket-options.ts';
import type { Encryption } from '../../sinks/s3/bucket/encryption.ts';
import type { OpenBucketOptions } from '../../sinks/s3/bucket/open-bucket.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import type { s3Options } from '../s3-options.ts';

/** Bucket and server, as the options name them. Plain values: threads get a copy. */
export type S3Choice = Omit<BucketOptions, 'random' | 'wait' | 'requestHandler' | 'credentials'> &
  Pick<OpenBucketOptions, 'lifecycle' | 'links'>;

type S3Values = OptionValues<typeof s3Options>;

interface Refused {
  readonly option: Extract<keyof S3Values, string>;
  readonly problem: string;
}

export function s3ChoiceOf(values: S3Values): S3Choice {
  const { s3Endpoint: endpoint, s3Addressing, s3LinkMs: validMs, s3PublicEndpoint: publicEndpoint } = values;
  const lifecycle = { quarantineDays: values.s3QuarantineDays, coldAfterDays: values.s3ColdDays, coldClass: values.s3ColdClass };
  return {
    ...bucketDefaults,
    bucket: values.s3Bucket ?? '',
    region: values.s3Region,
    endpoint,
    addressing: s3Addressing === 'auto' ? (endpoint === undefined ? 'host' : 'path') : s3Addressing,
    encryption: encryptionOf(values),
    checksum: values.s3Checksum,
    multipartFromBytes: values.s3MultipartBytes,
    concurrency: values.s3Concurrency,
    timeoutMs: values.s3TimeoutMs,
    ...(values.s3Lifecycle && { lifecycle }),
    ...(validMs > 0 && { links: { validMs, publicEndpoint } }),
  };
}

function encryptionOf({ s3Encryption: kind, s3KmsKey: keyId }: S3Values): Encryption {
  return kind === 'kms' ? { kind, keyId } : { kind };
}

/** What cannot be meant; the first problem. */
export function s3Rule(values: S3Values & { readonly objects: 'folder' | 's3' }): Refused | undefined {
  const { s3Bucket: bucket } = values;
  if (values.objects === 'folder') return bucket === undefined ? undefined : { option: 's3Bucket', problem: 'belongs to --objects s3' };
  if (bucket === undefined) return { option: 's3Bucket', problem: 'is needed with --objects s3' };
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return { option: 's3Bucket', problem: `"${bucket}" is no name of a bucket` };
  return addressProblem(values) ?? lifecycleProblem(values) ?? companionProblem(values);
}

function addressProblem(values: S3Values): Refused | undefined {
  for (const option of ['s3Endpoint', 's3PublicEndpoint'] as const) {
    const address = values[option];
    if (address !== undefined && !isOrigin(address)) {
      return { option, problem: 'must be an address like http://127.0.0.1:9000, without path, user or password' };
    }
  }
  return undefined;
}

function isOrigin(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(address);
}

function lifecycleProblem({ s3Lifecycle, s3QuarantineDays, s3ColdDays, s3ColdClass }: S3Values): Refused | undefined {
  if (!s3Lifecycle && s3QuarantineDays !== undefined) return { option: 's3QuarantineDays', problem: 'belongs to --s3-lifecycle' };
  if (!s3Lifecycle && s3ColdDays !== undefined) return { option: 's3ColdDays', problem: 'belongs to --s3-lifecycle' };
  const isSlow = s3ColdClass === 'STANDARD_IA' || s3ColdClass === 'ONEZONE_IA';
  if (s3ColdDays === undefined || s3ColdDays >= 30 || !isSlow) return undefined;
  return { option: 's3ColdDays', problem: `must be 30 or more for ${s3ColdClass}: S3 moves nothing there earlier` };
}

function companionProblem(values: S3Values): Refused | undefined {
  if (values.s3KmsKey !== undefined && values.s3Encryption !== 'kms')
    return { option: 's3KmsKey', problem: 'belongs to --s3-encryption kms' };
  if (values.s3PublicEndpoint !== undefined && values.s3LinkMs === 0)
    return { option: 's3PublicEndpoint', problem: 'belongs to --s3-link-ms' };
  return undefined;
}
