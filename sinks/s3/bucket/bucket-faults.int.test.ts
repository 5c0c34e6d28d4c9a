import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Guide } from '../../../schemas/types/guide.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { silentLogger, type Logger } from '../../../topology/base/logger.ts';
import { jsonSerde } from '../../contracts/json-serde.ts';
import { sinkContract } from '../../contracts/sink-contract.ts';
import { guideRow, revision } from '../../contracts/view-fixtures.ts';
import { createGuideDocuments } from '../guides/guide-documents.ts';
import { GuidePublisher } from '../guides/guide-publisher.ts';
import { createGuideTarget } from '../guides/guide-target.ts';
import { dyingStore } from '../../test-support/dying-store.ts';
import { createBench, type SinkUnderTest } from '../../test-support/sink-bench.ts';
import { startS3Proxy, type S3Proxy } from '../../test-support/s3-proxy.ts';
import { findTestS3, newBucket, ownS3Skip, startOwnS3 } from '../../test-support/test-bucket.ts';
import { openBucket, type OpenBucketOptions } from './open-bucket.ts';

const server = await findTestS3(process.env['STEPWRIGHT_TEST_S3']);
const text = { contentType: 'text/plain' } as const;
const closing: (() => Promise<void>)[] = [];

async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close();
}

async function opened(options: OpenBucketOptions): Promise<ObjectStore> {
  const { store, close } = await openBucket(options);
  closing.push(close);
  return store;
}

async function contents(store: ObjectStore, prefix: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for await (const { key } of store.list(prefix)) found[key] = ((await store.get(key)) ?? Buffer.alloc(0)).toString('latin1');
  return found;
}

if ('skipReason' in server) {
  it('faults of S3', { skip: server.skipReason }, () => {});
} else {
  const { address: endpoint } = server;
  guideSink(endpoint);
  describe('writers on one bucket', () => writers(endpoint));
  describe('a connection that fails', () => connections(endpoint));
}

function guideSink(endpoint: string): void {
  sinkContract<Guide>(
    'guides in a bucket',
    async () => guidesIn(await opened(await newBucket(endpoint))),
    async () => ({ values: [sample('s1', 3), sample('s2', 4), sample('s1', 9), sample('s3', 1)] }),
  );
}

function guidesIn(store: ObjectStore): SinkUnderTest<Guide> {
  return {
    open: async () => createGuideTarget({ store, guides: jsonSerde<Guide>() }),
    openDying: async (doneCount) => createGuideTarget({ store: dyingStore(store, doneCount), guides: jsonSerde<Guide>() }),
    effect: () => contents(store, 'guides/'),
    end: closeAll,
  };
}

async function titleOf(store: ObjectStore, sessionId: string): Promise<unknown> {
  const found = await createGuideDocuments(store).document('acme', sessionId, 'json');
  return found === undefined || found === 'gone' ? found : JSON.parse(found.body.toString()).title;
}

function sample(sessionId: string, ordinal: number): { topic: string; value: Buffer } {
  const guide = guideRow({ sessionId, revision: revision(ordinal), title: `${sessionId} at ${ordinal}` });
  return { topic: 'guide.finished.v1', value: Buffer.from(JSON.stringify(guide)) };
}

function writers(endpoint: string): void {
  afterEach(closeAll);
  it('a crash after any request of a guide shows one guide, whole, and the next run shows the new one and nothing of the old one', async () => {
    const store = await opened(await newBucket(endpoint));
    await new GuidePublisher(store).publish(guideRow({ revision: revision(1), title: 'before' }), 1n);
    const next = guideRow({ revision: revision(2), title: 'after' });
    // Three documents, the pointer that is refused since one stands, the pointer that replaces it; then each try deletes one document more.
    for (let doneCount = 0; doneCount < 7; doneCount++) {
      await assert.rejects(new GuidePublisher(dyingStore(store, doneCount)).publish(next, 2n), /died/);
      assert.equal(await titleOf(store, 's1'), doneCount < 5 ? 'before' : 'after', `died after ${doneCount} requests`);
    }
    await new GuidePublisher(store).publish(next, 2n);
    assert.equal(await titleOf(store, 's1'), 'after');
    assert.deepEqual(
      Object.keys(await contents(store, 'guides/')).map((key) => key.slice('guides/acme/s1/'.length)),
      ['current', 'r000002-0/guide.html', 'r000002-0/guide.json', 'r000002-0/guide.md'],
    );
  });

  it('of two processes that race for a pointer the higher position stays, and none ever sees it fall', async () => {
    const options = await newBucket(endpoint);
    const [left, right, reader] = [await opened(options), await opened(options), await opened(options)];
    const seen: number[] = [];
    let isOver = false;
    const watching = (async () => {
      while (!isOver) seen.push(Number((await reader.get('p/current'))?.toString() ?? 0));
    })();
    const positions = Array.from({ length: 24 }, (_value, index) => BigInt(index + 1));
    const write = (store: ObjectStore, position: bigint): Promise<boolean> =>
      store.put('p/current', Buffer.from(`${position}`), { ...text, position });
    const race = async (store: ObjectStore, mine: readonly bigint[]): Promise<void> => {
      for (const position of mine) await write(store, position);
    };
    await Promise.all([
      race(
        left,
        positions.filter((position) => position % 2n === 0n),
      ),
      race(
        right,
        positions.filter((position) => position % 2n === 1n),
      ),
    ]);
    isOver = true;
    await watching;
    assert.equal((await reader.get('p/current'))?.toString(), '24');
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
  });

  it('a zombie that was held up between reading and replacing a pointer cannot turn it back, even to the same bytes', async () => {
    const options = await newBucket(endpoint);
    const proxy = await newProxy(endpoint);
    const [zombie, owner] = [await opened({ ...options, endpoint: proxy.endpoint }), await opened(options)];
    const body = Buffer.from('{}');
    await owner.put('p/current', body, { ...text, position: 4n });
    const held = gate();
    const arrived = gate();
    proxy.judge = ({ method }) => {
      if (method !== 'PUT') return undefined;
      arrived.open();
      return held.passed;
    };
    const late = zombie.put('p/current', body, { ...text, position: 5n });
    await arrived.passed;
    assert.equal(await owner.put('p/current', body, { ...text, position: 9n }), true);
    held.open();
    assert.equal(await late, false);
    assert.equal(await owner.put('p/current', Buffer.from('x'), { ...text, position: 8n }), false, 'position 9 stands');
  });
}

function connections(endpoint: string): void {
  afterEach(closeAll);
  it('a write whose answer was lost knows itself again: whole, in parts, and a pointer', async () => {
    const proxy = await newProxy(endpoint);
    const store = await opened({
      ...(await newBucket(endpoint)),
      endpoint: proxy.endpoint,
      multipartFromBytes: 1 << 20,
      wait: async () => {},
    });
    const writes = [
      ['whole', () => store.put('whole', Buffer.from('1'), { ...text, ifAbsent: true }), /^\/[^/]+\/whole/],
      ['in parts', () => store.put('parts', Buffer.alloc(1 << 20), { ...text, ifAbsent: true }), /parts\?uploadId=[^&]+$/],
      ['pointer', () => store.put('current', Buffer.from('1'), { ...text, position: 3n }), /^\/[^/]+\/current/],
    ] as const;
    for (const [name, write, lost] of writes) {
      let lostCount = 0;
      proxy.judge = ({ method, path }) =>
        method !== 'HEAD' && method !== 'GET' && lost.test(path) && lostCount++ === 0 ? 'lose-answer' : undefined;
      assert.equal(await write(), true, name);
      assert.ok(lostCount >= 2, `${name} was tried again`);
      proxy.judge = () => undefined;
      assert.equal(
        await store.put(name === 'in parts' ? 'parts' : name === 'whole' ? 'whole' : 'current', Buffer.from('2'), {
          ...text,
          ifAbsent: true,
        }),
        false,
      );
    }
  });

  it('parts of an upload that fails are gone', async () => {
    const proxy = await newProxy(endpoint);
    const store = await opened({
      ...(await newBucket(endpoint)),
      endpoint: proxy.endpoint,
      multipartFromBytes: 6 << 20,
      partBytes: 5 << 20,
      wait: async () => {},
    });
    const aborted: string[] = [];
    proxy.judge = ({ method, path }) => {
      if (method === 'DELETE') aborted.push(path);
      return /partNumber=2/.test(path) ? 'cut' : undefined;
    };
    await assert.rejects(store.put('large', Buffer.alloc(11 << 20), text), (error) => hasCode(error, 'OBJECT_STORE_UNAVAILABLE'));
    assert.equal(aborted.length, 1);
    assert.match(aborted[0] ?? '', /uploadId=/);
    assert.equal(await store.head('large'), undefined);
  });

  it('an answer that stops in the middle ends with the time of its request, and is read anew', async () => {
    const proxy = await newProxy(endpoint);
    const options = { ...(await newBucket(endpoint)), endpoint: proxy.endpoint, wait: async () => {} };
    const store = await opened({ ...options, timeoutMs: 500, attempts: 3 });
    await store.put('k', Buffer.from('whole'), text);
    let stalledCount = 0;
    proxy.judge = () => (stalledCount++ < 2 ? 'stall' : undefined);
    assert.equal((await store.get('k'))?.toString(), 'whole');
    proxy.judge = () => 'stall';
    await assert.rejects(contents(store, ''), (error) => hasCode(error, 'OBJECT_STORE_UNAVAILABLE') && error.disposition === 'retry');
  });

  it('a slow server sees no more requests at once than the bound, and one that is too slow is said to be', async () => {
    const proxy = await newProxy(endpoint);
    const options = { ...(await newBucket(endpoint)), endpoint: proxy.endpoint, wait: async () => {} };
    const [store, other] = [await opened({ ...options, concurrency: 4 }), await opened({ ...options, endpoint })];
    const [full, answered] = [gate(), gate()];
    let arrivedCount = 0;
    proxy.judge = () => {
      arrivedCount += 1;
      if (arrivedCount === 4) full.open();
      return answered.passed;
    };
    const puts = Promise.all(Array.from({ length: 40 }, (_value, index) => store.put(`k${index}`, Buffer.from('1'), text)));
    await full.passed;
    // Whatever else were on its way would be there by now.
    await other.put('beside', Buffer.from('1'), text);
    assert.equal(arrivedCount, 4);
    answered.open();
    await puts;
    assert.equal(proxy.mostAtOnce(), 4);
    const impatient = await opened({ ...options, timeoutMs: 2_000, attempts: 1 });
    const never = gate();
    proxy.judge = () => never.passed;
    await assert.rejects(
      impatient.get('k1'),
      (error) => hasCode(error, 'OBJECT_STORE_UNAVAILABLE') && error.disposition === 'retry' && error.message.includes(proxy.endpoint),
    );
    never.open();
  });
}

it('a server that dies and comes back has every object that was acknowledged, and takes others', { skip: ownS3Skip() }, async () => {
  const own = await startOwnS3();
  const store = await opened({ ...(await newBucket(own.address)), wait: async () => {}, attempts: 2 });
  await store.put('before', Buffer.from('1'), text);
  await own.kill();
  await assert.rejects(
    store.put('after', Buffer.from('2'), text),
    (error) => hasCode(error, 'OBJECT_STORE_UNAVAILABLE') && error.disposition === 'retry',
  );
  await own.startAgain();
  await store.put('after', Buffer.from('2'), text);
  assert.deepEqual(await contents(store, ''), { before: '1', after: '2' });
  await closeAll();
});

it('a sink whose server dies in the middle goes on by itself when it is back, and shows every guide', { skip: ownS3Skip() }, async () => {
  const own = await startOwnS3();
  const store = await opened({ ...(await newBucket(own.address)), wait: async () => {}, attempts: 2 });
  const bench = await createBench(guidesIn(store));
  const refused = gate();
  const logger: Logger = { ...silentLogger, child: () => logger, warn: () => refused.open(), error: () => refused.open() };
  const runner = await bench.run({ logger, firstRetryMs: 10, maxRetryMs: 100 });
  await bench.send([sample('s1', 1), sample('s2', 1)]);
  await runner.whenApplied(await bench.ends());
  await own.kill();
  await bench.send([sample('s1', 2), sample('s3', 1)]);
  await refused.passed;
  await own.startAgain();
  await runner.whenApplied(await bench.ends());
  assert.equal(runner.isHealthy, true);
  await runner.close();
  assert.deepEqual(bench.letters, []);
  const titles = [];
  for (const sessionId of ['s1', 's2', 's3']) titles.push(await titleOf(store, sessionId));
  assert.deepEqual(titles, ['s1 at 2', 's2 at 1', 's3 at 1']);
  await bench.log.close();
  await closeAll();
});

async function newProxy(endpoint: string): Promise<S3Proxy> {
  const proxy = await startS3Proxy(endpoint);
  closing.push(() => proxy.close());
  return proxy;
}

function gate(): { readonly passed: Promise<undefined>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<undefined>((resolve) => (open = () => resolve(undefined)));
  return { passed, open: () => open() };
}
