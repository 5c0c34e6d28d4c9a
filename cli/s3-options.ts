import { bucketDefaults } from '../sinks/s3/bucket/bucket-options.ts';
import { coldClasses } from '../sinks/s3/bucket/lifecycle-policy.ts';
import { booleanOption, integerOption, oneOfOption, stringOption } from '../topology/base/option-types.ts';

/** With `--objects s3`. Credentials are no options: the AWS SDK finds them, in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY first. */
export const s3Options = {
  s3Bucket: stringOption({
    default: undefined,
    help: 'Bucket of pictures and documents, with --objects s3; it must be there. Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or any other source of the AWS SDK.',
  }),
  s3Region: stringOption({ default: 'us-east-1', help: 'Region of the bucket.' }),
  s3Endpoint: stringOption({ default: undefined, help: 'Address of a server that is not AWS, like http://127.0.0.1:9000.' }),
  s3Addressing: oneOfOption(['auto', 'host', 'path'] as const, {
    default: 'auto',
    help: "Where the bucket's name stands in addresses; auto is path with --s3-endpoint, else host.",
  }),
  s3Encryption: oneOfOption(['bucket', 's3', 'kms'] as const, {
    default: 'bucket',
    help: 'How objects are encrypted where they lie: as the bucket is set up, with a key of S3, or with a key of the KMS. A server that does not do it is refused.',
  }),
  s3KmsKey: stringOption({ default: undefined, help: "Key id or ARN for --s3-encryption kms; the account's default key when not given." }),
  s3Checksum: oneOfOption(['crc32', 'sha256'] as const, {
    default: bucketDefaults.checksum,
    help: 'Checksum that is sent with every object and verified when it is read.',
  }),
  s3MultipartBytes: integerOption({
    default: bucketDefaults.multipartFromBytes,
    min: 5 << 20,
    unit: 'bytes',
    help: 'Objects of this size or more are sent in parts.',
  }),
  s3Concurrency: integerOption({
    default: bucketDefaults.concurrency,
    min: 1,
    max: 1_024,
    help: 'Requests to the object store under way at once, of one process.',
  }),
  s3TimeoutMs: integerOption({
    default: bucketDefaults.timeoutMs,
    min: 100,
    max: 600_000,
    unit: 'ms',
    help: 'Longest time of one request; then it is tried again.',
  }),
  s3Lifecycle: booleanOption({
    default: false,
    help: 'Set the rules of --s3-quarantine-days and --s3-cold-days at the start, and two that end unfinished uploads and old versions after a day; other rules of the bucket stay.',
  }),
  s3QuarantineDays: integerOption({
    default: undefined,
    min: 1,
    max: 36_500,
    unit: 'days',
    help: 'Sealed originals are deleted at this age; a replay after that has no pictures. Never when not given. With --s3-lifecycle.',
  }),
  s3ColdDays: integerOption({
    default: undefined,
    min: 1,
    max: 36_500,
    unit: 'days',
    help: 'Pictures move to --s3-cold-class at this age. Never when not given. With --s3-lifecycle.',
  }),
  s3ColdClass: oneOfOption(coldClasses, {
    default: 'STANDARD_IA',
    help: 'Cheaper storage class for old pictures; all of them can be read at once.',
  }),
  s3LinkMs: integerOption({
    default: 0,
    min: 0,
    max: 900_000,
    unit: 'ms',
    help: 'Send browsers to signed addresses of pictures that work for this long, once tenant and role are checked; 0 sends the bytes through the gateway.',
  }),
  s3PublicEndpoint: stringOption({
    default: undefined,
    help: 'Address of the object store for --s3-link-ms, where browsers need another than --s3-endpoint.',
  }),
};
