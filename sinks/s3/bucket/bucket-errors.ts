import { S3ServiceException } from '@aws-sdk/client-s3';
import type { ErrorCode } from '../../../topology/base/error-codes.ts';
import { StepwrightError, type Disposition } from '../../../topology/base/errors.ts';

export interface FailedCall {
  readonly operation: string;
  readonly bucket: string;
  /** Host or URL, for the message. */
  readonly endpoint: string;
}

export interface ClassifiedError {
  readonly error: StepwrightError;
  /** Another attempt may well succeed within seconds. */
  readonly isPassing: boolean;
}

interface Kind {
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly isPassing: boolean;
  readonly message: (call: FailedCall, name: string) => string;
}

const missing: Kind = {
  code: 'OBJECT_BUCKET_MISSING',
  disposition: 'retry',
  isPassing: false,
  message: ({ bucket, endpoint }) => `There is no bucket "${bucket}" at ${endpoint}. Make it, or correct --s3-bucket and --s3-region.`,
};
const denied: Kind = {
  code: 'OBJECT_ACCESS_DENIED',
  disposition: 'retry',
  isPassing: false,
  message: ({ operation, bucket, endpoint }, name) =>
    `The object store at ${endpoint} refused to ${operation} in bucket "${bucket}" (${name}). Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or the profile, and what they are allowed.`,
};
const noCredentials: Kind = {
  ...denied,
  message: ({ endpoint }) =>
    `No credentials for the object store at ${endpoint} were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another source that the AWS SDK knows.`,
};
const skewed: Kind = {
  code: 'OBJECT_CLOCK_SKEWED',
  disposition: 'retry',
  // The SDK takes the server's time from the refusal, so the next attempt is signed with it.
  isPassing: true,
  message: ({ endpoint }) => `The clock of this machine differs too much from that of ${endpoint} for signed requests. Set it right (NTP).`,
};
const unavailable: Kind = {
  code: 'OBJECT_STORE_UNAVAILABLE',
  disposition: 'retry',
  isPassing: true,
  message: ({ operation, endpoint }, name) =>
    `The object store at ${endpoint} did not ${operation} in time (${name}). Check --s3-endpoint and the network; it is tried again.`,
};
const damaged: Kind = {
  code: 'OBJECT_STORE_FAILED',
  disposition: 'retry',
  isPassing: true,
  message: ({ operation, endpoint }) =>
    `Bytes changed on the way to ${operation} at ${endpoint}: their checksum is another one. It is tried again.`,
};
const full: Kind = {
  code: 'OBJECT_STORE_FULL',
  disposition: 'retry',
  isPassing: false,
  message: ({ bucket, endpoint }) =>
    `Bucket "${bucket}" at ${endpoint} has no room left. Free some space or raise its quota: the write is tried again.`,
};
const tooLarge: Kind = {
  code: 'OBJECT_TOO_LARGE',
  disposition: 'dead-letter',
  isPassing: false,
  message: ({ endpoint }) => `The object is larger than ${endpoint} takes.`,
};
const unknown: Kind = {
  code: 'OBJECT_STORE_FAILED',
  disposition: 'fatal',
  isPassing: false,
  message: ({ operation, bucket, endpoint }, name) =>
    `The object store at ${endpoint} refused to ${operation} in bucket "${bucket}" (${name}).`,
};

/** By S3's own names, and by those of Node's network and of the SDK. */
const kindByName: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...names(missing, 'NoSuchBucket'),
  ...names(denied, 'AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken', 'TokenRefreshRequired'),
  ...names(
    denied,
    'AccountProblem',
    'AllAccessDisabled',
    'Forbidden',
    'XAdminUserNotFound',
    'KMS.DisabledException',
    'KMS.NotFoundException',
  ),
  ...names(noCredentials, 'CredentialsProviderError'),
  ...names(skewed, 'RequestTimeTooSkewed'),
  ...names(unavailable, 'SlowDown', 'ServiceUnavailable', 'InternalError', 'RequestTimeout', 'ThrottlingException', 'TooManyRequests'),
  ...names(unavailable, 'ConditionalRequestConflict', 'OperationAborted', 'TimeoutError', 'AbortError', 'ECONNREFUSED', 'ECONNRESET'),
  ...names(unavailable, 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'),
  ...names(damaged, 'BadDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch', 'IncompleteBody'),
  ...names(full, 'QuotaExceeded', 'InsufficientCapacity', 'XMinioStorageFull'),
  ...names(tooLarge, 'EntityTooLarge'),
]);

/** Classifies what a request threw. The vendor's error is no cause of ours: a refused signature comes with the key id and what was signed. */
export function classifyBucketError(error: unknown, call: FailedCall): ClassifiedError {
  if (error instanceof StepwrightError) return { error, isPassing: false };
  const name = nameOf(error);
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const { code, disposition, isPassing, message } = kindOf(error, name, status);
  const context = { operation: call.operation, bucket: call.bucket, reason: name, status, requestId: requestIdOf(error) };
  return { error: new StepwrightError(code, message(call, name), { disposition, context }), isPassing };
}

function kindOf(error: unknown, name: string, status: number | undefined): Kind {
  const named = kindByName.get(name);
  if (named !== undefined) return named;
  if (error instanceof Error && error.message.startsWith('Checksum mismatch')) return damaged;
  if (status === undefined) return unknown;
  if (status === 401 || status === 403) return denied;
  if (status === 507) return full;
  return status === 429 || (status >= 500 && status !== 501) ? unavailable : unknown;
}

function names(kind: Kind, ...all: readonly string[]): readonly (readonly [string, Kind])[] {
  return all.map((name) => [name, kind]);
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string' && kindByName.has(error.code)) return error.code;
  return error.name;
}

function requestIdOf(error: unknown): string | undefined {
  return error instanceof S3ServiceException ? error.$metadata.requestId : undefined;
}

/** True when a request failed because the object, the upload or its bucket's answer for it is not there. */
export function isAbsent(error: unknown): boolean {
  return error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NotFound');
}

/** True when a conditional write found another object than it asked for. */
export function isPreconditionFailed(error: unknown): boolean {
  return error instanceof S3ServiceException && (error.name === 'PreconditionFailed' || error.$metadata.httpStatusCode === 412);
}
