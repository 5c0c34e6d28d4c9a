import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { silentLogger } from '../../../topology/base/logger.ts';
import { bucketDefaults } from './bucket-options.ts';
import { openBucket, type OpenBucketOptions } from './open-bucket.ts';

/** What the SDK would send, read instead of sent. Answers are as AWS documents them. */
interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
interface WireAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const secretAccessKey = 'canary-secret-of-the-bucket';
const lifecycleGone: WireAnswer = { status: 404, body: '<Error><Code>NoSuchLifecycleConfiguration</Code></Error>' };
const ok: WireAnswer = { status: 200 };

function wire(answer: (request: WireRequest) => WireAnswer | Error, more: Partial<OpenBucketOptions> = {}) {
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
function goodServer(request: WireRequest): WireAnswer {
  const { headers, query } = request;
  if (headers['if-none-match'] !== undefined || headers['if-match'] !== undefined)
    return { status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' };
  if ('lifecycle' in query && request.method === 'GET') return lifecycleGone;
  const encryption = headers['x-amz-server-side-encryption'];
  return { status: 200, headers: { etag: '"1"', ...(encryption !== undefined && { 'x-amz-server-side-encryption': encryption }) } };
}

test('every write asks for the encryption that was chosen, and the start wants it confirmed', async () => {
  const kms = { kind: 'kms', keyId: 'key-7' } as const;
  const good = wire(goodServer, { encryption: kms });
  const { store } = await good.open();
  await store.put('images/a/b/c', Buffer.from('1'), { contentType: 'image/png' });
  const { headers = {} } = good.requests.at(-1) ?? {};
  assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms');
  assert.equal(headers['x-amz-server-side-encryption-aws-kms-key-id'], 'key-7');
  assert.equal(headers['x-amz-server-side-encryption-bucket-key-enabled'], 'true');
  const deaf = wire((request) => ({ ...goodServer(request), headers: { etag: '"1"' } }), { encryption: kms });
  await assert.rejects(deaf.open(), (error) => hasCode(error, 'OBJECT_STORE_UNSUITABLE') && /aws:kms/.test(error.message));
});

test('an upload in parts asks for the encryption where it begins, which is where S3 takes it, and for none in its parts', async () => {
  for (const [encryption, asked] of [
    [{ kind: 's3' }, { 'x-amz-server-side-encryption': 'AES256' }],
    [
      { kind: 'kms', keyId: 'key-7' },
      {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'key-7',
        'x-amz-server-side-encryption-bucket-key-enabled': 'true',
      },
    ],
    [{ kind: 'bucket' }, {}],
  ] as const) {
    const { open, requests } = wire(takingParts, { encryption, multipartFromBytes: 6 << 20, partBytes: 5 << 20 });
    const { store } = await open();
    requests.length = 0;
    assert.equal(await store.put('images/a/b/c', Buffer.alloc(11 << 20), { contentType: 'image/png' }), true);
    const [begin, ...others] = requests.map(({ headers }) =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-server-side'))),
    );
    assert.ok('uploads' in (requests[0]?.query ?? {}));
    assert.deepEqual(begin, asked);
    // Three parts and the end.
    assert.deepEqual(others, [{}, {}, {}, {}]);
  }
});

function takingParts(request: WireRequest): WireAnswer {
  const answer = goodServer(request);
  if (request.method !== 'POST') return answer;
  const body = 'uploads' in request.query ? '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>' : '';
  return { ...answer, body: body === '' ? '<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>' : body };
}

test('a server that takes conditions and does not heed them is refused', async () => {
  for (const name of ['if-none-match', 'if-match']) {
    const { open } = wire((request) =>
      request.headers[name] === undefined ? goodServer(request) : { status: 200, headers: { etag: '"1"' } },
    );
    await assert.rejects(open(), (error) => hasCode(error, 'OBJECT_STORE_UNSUITABLE') && /two writers/.test(error.message));
  }
});

test('every write carries its checksum', async () => {
  for (const [checksum, header] of [
    ['crc32', 'x-amz-checksum-crc32'],
    ['sha256', 'x-amz-checksum-sha256'],
  ] as const) {
    const { open, requests } = wire(goodServer, { checksum });
    const { store } = await open();
    await store.put('k', Buffer.from('body'), { contentType: 'text/plain' });
    assert.ok((requests.at(-1)?.headers[header] ?? '').length > 5, header);
  }
});

test('bytes that are not what the checksum says are not given out', async () => {
  const { open, requests } = wire((request) =>
    request.method === 'GET' && request.path === '/k'
      ? { status: 200, headers: { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'FULL_OBJECT' }, body: 'changed' }
      : goodServer(request),
  );
  const { store } = await open();
  await assert.rejects(store.get('k'), (error) => hasCode(error, 'OBJECT_STORE_FAILED') && /checksum/.test(error.message));
  assert.equal(requests.filter(({ path }) => path === '/k').length, bucketDefaults.attempts, 'it was read again first');
});

test('lifecycle rules are ours beside those of others, and written only when something changes', async () => {
  const others =
    '<Rule><ID>theirs</ID><Status>Enabled</Status><Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>3</Days></Expiration></Rule>';
  let standing =
    others +
    '<Rule><ID>stepwright-quarantine</ID><Status>Enabled</Status><Filter><Prefix>quarantine/</Prefix></Filter><Expiration><Days>7</Days></Expiration></Rule>';
  const lifecycle = { quarantineDays: 90, coldAfterDays: 180, coldClass: 'GLACIER_IR' } as const;
  const written: string[] = [];
  const { open } = wire(
    (request) => {
      if (!('lifecycle' in request.query)) return goodServer(request);
      if (request.method === 'GET') return { status: 200, body: `<LifecycleConfiguration>${standing}</LifecycleConfiguration>` };
      written.push(request.body);
      standing = request.body.replace(/<\/?LifecycleConfiguration[^>]*>|<\?xml[^>]*>/g, '');
      return ok;
    },
    { lifecycle },
  );
  for (let start = 0; start < 3; start++) await (await open()).close();
  assert.equal(written.length, 1);
  const rules = new Map((written[0]?.match(/<Rule>.*?<\/Rule>/gs) ?? []).map((rule) => [/<ID>(.*?)<\/ID>/.exec(rule)?.[1], rule]));
  assert.deepEqual(
    [...rules.keys()].toSorted((a = '', b = '') => (a < b ? -1 : 1)),
    ['stepwright-cold-pictures', 'stepwright-old-versions', 'stepwright-quarantine', 'stepwright-unfinished-uploads', 'theirs'],
  );
  assert.match(
    rules.get('stepwright-quarantine') ?? '',
    /<Prefix>quarantine\/<\/Prefix>.*<Days>90<\/Days>|<Days>90<\/Days>.*<Prefix>quarantine\/<\/Prefix>/s,
  );
  assert.match(rules.get('stepwright-cold-pictures') ?? '', /GLACIER_IR/);
});

test('credentials that may not set lifecycle rules are told of, and the process goes on', async () => {
  const lines: string[] = [];
  const { open } = wire(
    (request) => ('lifecycle' in request.query ? { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } : goodServer(request)),
    {
      lifecycle: { coldClass: 'STANDARD_IA' },
      logger: { ...silentLogger, warn: (_fields: object, message: string) => void lines.push(message) },
    },
  );
  await (await open()).close();
  assert.match(lines.join(), /may not set lifecycle rules/);
});

test('refusals have a code and advice, and never the secret', async () => {
  const cases = [
    [{ status: 403, body: '<Error><Code>RequestTimeTooSkewed</Code></Error>' }, 'OBJECT_CLOCK_SKEWED', /clock/],
    [
      { status: 403, body: `<Error><Code>SignatureDoesNotMatch</Code><StringToSign>${secretAccessKey}</StringToSign></Error>` },
      'OBJECT_ACCESS_DENIED',
      /AWS_SECRET_ACCESS_KEY/,
    ],
    [{ status: 404, body: '<Error><Code>NoSuchBucket</Code></Error>' }, 'OBJECT_BUCKET_MISSING', /"guides"/],
    [{ status: 503, body: '<Error><Code>SlowDown</Code></Error>' }, 'OBJECT_STORE_UNAVAILABLE', /SlowDown/],
    [{ status: 507, body: '<Error><Code>Anything</Code></Error>' }, 'OBJECT_STORE_FULL', /no room/],
  ] as const;
  for (const [answer, code, advice] of cases) {
    await assert.rejects(
      wire(() => answer).open(),
      (error) =>
        hasCode(error, code) &&
        advice.test(error.message) &&
        !`${error.stack}${JSON.stringify(error)}${String(error.cause)}`.includes('canary'),
      code,
    );
  }
});

test('a passing refusal is outlasted', async () => {
  let count = 0;
  const { open } = wire((request) =>
    count++ % 3 === 0 ? { status: 503, body: '<Error><Code>SlowDown</Code></Error>' } : goodServer(request),
  );
  const { store } = await open();
  for (let index = 0; index < 5; index++) assert.equal(await store.put(`k${index}`, Buffer.from('1'), { contentType: 'text/plain' }), true);
});

test('signed addresses name one object, end by themselves, and come from the host that browsers reach', async () => {
  const { open, requests } = wire(goodServer, {
    links: { validMs: 60_000, publicEndpoint: 'https://pictures.example.com' },
    addressing: 'path',
  });
  const { imageLinks } = await open();
  assert.ok(imageLinks !== undefined);
  const sentCount = requests.length;
  const link = new URL(await imageLinks.linkTo('images/acme/s1/i1-full.png'));
  assert.equal(imageLinks.origin, 'https://pictures.example.com');
  assert.equal(`${link.origin}${link.pathname}`, 'https://pictures.example.com/guides/images/acme/s1/i1-full.png');
  assert.equal(link.searchParams.get('X-Amz-Expires'), '60');
  assert.ok(!link.href.includes('canary'));
  assert.equal(requests.length, sentCount, 'nothing was asked of the server');
  await assert.rejects(imageLinks.linkTo('../other'), (error) => hasCode(error, 'OBJECT_KEY_INVALID'));
});
