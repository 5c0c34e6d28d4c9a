import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../../topology/base/errors.ts';
import { silentLogger } from '../../../topology/base/logger.ts';
import { goodServer, secretAccessKey, takingParts, wire, type WireAnswer } from '../../test-support/s3-wire.ts';
import { bucketDefaults } from './bucket-options.ts';

const ok: WireAnswer = { status: 200 };

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

test('a pointer whose position was changed from outside refuses the row that wants it, and no other', async () => {
  const { open } = wire((request) =>
    request.method === 'HEAD' && request.path === '/changed'
      ? { status: 200, headers: { etag: '"1"', 'x-amz-meta-stepwright-position': 'seven' } }
      : goodServer(request),
  );
  const { store } = await open();
  await assert.rejects(
    store.put('changed', Buffer.from('{}'), { contentType: 'application/json', position: 8n }),
    (error) => hasCode(error, 'OBJECT_STORE_FAILED') && error.disposition === 'dead-letter',
  );
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
