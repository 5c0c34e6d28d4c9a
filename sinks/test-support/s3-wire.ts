import { Readable } from 'node:stream';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { bucketDefaults } from '../s3/bucket/bucket-options.ts';
import { openBucket, type OpenBucketOptions } from '../s3/bucket/open-bucket.ts';

/** What the SDK would send, read instead of sent. Answers are as AWS documents them. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
export interface WireAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const secretAccessKey = 'canary-secret-of-the-bucket';
const lifecycleGone: WireAnswer = { status: 404, body: '<Error><Code>NoSuchLifecycleConfiguration</Code></Error>' };

export function wire(answer: (request: WireRequest) => WireAnswer | Error, more: Partial<OpenBucketOptions> = {}) {
  const requests: WireRequest[] = [];
  const handle = async (raw: { method: string; path: string; query: object; headers: object; body?: unknown }) => {
    const body = typeof raw.body === 'string' || raw.body instanceof Uint8Array ? Buffer.from(raw.body).toString() : '';
    const request = { method: raw.method, path: raw.path, query: textsOf(raw.query), headers: textsOf(raw.headers), body };
    requests.push(request);
    const answered = answer(request);
    if (answered instanceof Error) throw answered;
    const { status, headers = {}, body: text = '' } = answered;
    return { response: { statusCode: status, headers: { ...headers }, body: Readable.from([Buffer.from(text)]) } };
  };
  const options: OpenBucketOptions = {
    ...bucketDefaults,
    bucket: 'guides',
    region: 'eu-west-1',
    addressing: 'host',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey },
    random: () => 0,
    wait: async () => {},
    clock: createSystemClock(),
    logger: silentLogger,
    requestHandler: { handle },
    ...more,
  };
  return { requests, open: () => openBucket(options) };
}

function textsOf(record: object): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** A server that heeds conditions and confirms the encryption that it is asked for. */
export function goodServer(request: WireRequest): WireAnswer {
  const { headers, query } = request;
  if (headers['if-none-match'] !== undefined || headers['if-match'] !== undefined)
    return { status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' };
  if ('lifecycle' in query && request.method === 'GET') return lifecycleGone;
  const encryption = headers['x-amz-server-side-encryption'];
  return { status: 200, headers: { etag: '"1"', ...(encryption !== undefined && { 'x-amz-server-side-encryption': encryption }) } };
}

/** A good server that takes uploads in parts. */
export function takingParts(request: WireRequest): WireAnswer {
  const answer = goodServer(request);
  if (request.method !== 'POST') return answer;
  const body = 'uploads' in request.query ? '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>' : '';
  return { ...answer, body: body === '' ? '<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>' : body };
}
