import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../../topology/base/errors.ts';
import { goodServer, takingParts, wire, type WireAnswer, type WireRequest } from '../../test-support/s3-wire.ts';

const png = { contentType: 'image/png' } as const;
const inParts = { multipartFromBytes: 6 << 20, partBytes: 5 << 20 } as const;
const body = Buffer.alloc(11 << 20);

const isPart = ({ query }: WireRequest): boolean => 'partnumber' in query;
const isEnd = ({ method, query }: WireRequest): boolean => method === 'POST' && 'uploadid' in query;
const isAbort = ({ method, query }: WireRequest): boolean => method === 'DELETE' && 'uploadid' in query;

/** Takes parts, and answers otherwise for a while. */
function failing(isStruck: (request: WireRequest) => boolean, failure: WireAnswer, failureCount: number) {
  let left = failureCount;
  return wire((request) => (isStruck(request) && left-- > 0 ? failure : takingParts(request)), inParts);
}

const internal = { status: 500, body: '<Error><Code>InternalError</Code></Error>' } as const;
const slowDown = { status: 503, body: '<Error><Code>SlowDown</Code></Error>' } as const;
// S3 begins to answer before it is done: what went wrong then stands in the body of a 200.
const lateError = { status: 200, body: '<Error><Code>InternalError</Code></Error>' } as const;

test('an upload outlasts a server that fails in the middle of it, also one that fails after it said 200', async () => {
  for (const [isStruck, failure] of [
    [isPart, internal],
    [isPart, slowDown],
    [isEnd, slowDown],
    [isEnd, lateError],
  ] as const) {
    const { open, requests } = failing(isStruck, failure, 2);
    const { store } = await open();
    assert.equal(await store.put('images/a/b/c', body, png), true);
    assert.equal(requests.filter(isAbort).length, 0);
    assert.ok(requests.filter(isStruck).length > 2 || isStruck === isPart);
  }
});

test('an upload that a server fails for good is an error to try again, and its parts are given back', async () => {
  for (const [isStruck, failure] of [
    [isPart, internal],
    [isPart, slowDown],
    [isEnd, lateError],
  ] as const) {
    const { open, requests } = failing(isStruck, failure, Number.POSITIVE_INFINITY);
    const { store } = await open();
    await assert.rejects(
      store.put('images/a/b/c', body, png),
      (error) => hasCode(error, 'OBJECT_STORE_UNAVAILABLE') && error.disposition === 'retry',
    );
    assert.equal(requests.filter(isAbort).length, 1);
    assert.ok(requests.findIndex(isAbort) > requests.findLastIndex(isStruck), 'no part arrives after the end');
  }
});

test('the start ends uploads that a crash left a day ago, on every page of them, and no younger one', async () => {
  const dayMs = 86_400_000;
  const upload = (id: number, ageMs: number): string =>
    `<Upload><Key>images/a/b/${id}</Key><UploadId>u${id}</UploadId><Initiated>${new Date(Date.now() - ageMs).toISOString()}</Initiated></Upload>`;
  const pages = [
    `<IsTruncated>true</IsTruncated><NextKeyMarker>images/a/b/2</NextKeyMarker><NextUploadIdMarker>u2</NextUploadIdMarker>${upload(1, 2 * dayMs)}${upload(2, 60_000)}`,
    `<IsTruncated>false</IsTruncated>${upload(3, 2 * dayMs)}`,
  ];
  const { open, requests } = wire((request) =>
    'uploads' in request.query && request.method === 'GET'
      ? { status: 200, body: `<ListMultipartUploadsResult>${pages['key-marker' in request.query ? 1 : 0]}</ListMultipartUploadsResult>` }
      : goodServer(request),
  );
  const { close } = await open();
  await close();
  assert.deepEqual(
    requests.filter(isAbort).map(({ query }) => query['uploadid']),
    ['u1', 'u3'],
  );
});
