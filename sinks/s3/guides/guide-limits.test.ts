import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Guide, GuideStep } from '../../../schemas/types/guide.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { jsonSerde } from '../../contracts/json-serde.ts';
import { guideRow } from '../../contracts/view-fixtures.ts';
import { createMemoryObjectStore } from '../../memory/memory-object-store.ts';
import { createBench } from '../../test-support/sink-bench.ts';
import { sampleGuide } from '../render/render-fixtures.ts';
import { createGuideDocuments } from './guide-documents.ts';
import { GuidePublisher } from './guide-publisher.ts';
import { createGuideTarget } from './guide-target.ts';

const pictureBytes = 1_000;

function picture(fill: number): Buffer {
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(pictureBytes - 8, fill)]);
}

function guideOf(imageKeys: readonly string[]): Guide {
  const pictured = sampleGuide.steps[1] ?? assert.fail('the sample has a second step');
  const steps = imageKeys.map((fullKey, index): GuideStep => {
    const image = pictured.image ?? assert.fail('the sample has a picture');
    return { ...pictured, order: index + 1, stepId: `step-${index}`, image: { ...image, imageId: `i${index}`, fullKey } };
  });
  return { ...sampleGuide, steps };
}

async function page(store: ObjectStore): Promise<string> {
  const found = await createGuideDocuments(store).document('acme', 's-1', 'html');
  assert.ok(found !== undefined && found !== 'gone');
  return found.body.toString();
}

async function keysOf(store: ObjectStore): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys;
}

const countOf = (text: string, part: string): number => text.split(part).length - 1;

test('a page takes the pictures of its first steps until it is full, and names the files of the others', async () => {
  const store = createMemoryObjectStore();
  const keys = Array.from({ length: 30 }, (_value, index) => `images/acme/s-1/${index}.png`);
  for (const [index, key] of keys.entries()) if (index !== 25) await store.put(key, picture(index), { contentType: 'image/png' });
  const publisher = new GuidePublisher(store, { mostPageBytes: 10.5 * pictureBytes });
  assert.equal(await publisher.publish(guideOf(keys), 1n), 1, 'the one that is not there');
  const html = await page(store);
  assert.equal(countOf(html, '<img '), 10);
  assert.ok(html.indexOf('id="step-10"') < html.lastIndexOf('<img ') && html.lastIndexOf('<img ') < html.indexOf('id="step-11"'));
  assert.equal(countOf(html, 'as many screenshots as it can hold'), 19);
  assert.match(html, /<code>images\/acme\/s-1\/10\.png<\/code>/);
  assert.equal(countOf(html, 'The screenshot of this step is not available'), 1);
  await publisher.publish(guideOf(keys), 2n);
  assert.equal(await page(store), html);
});

test('what is no picture, and what is a picture of another tenant or an original, is not shown and is counted', async () => {
  const store = createMemoryObjectStore();
  const others = ['images/globex/s-1/a.png', 'quarantine/acme/s-1/a', 'images/acme/s-1/page.png'];
  for (const key of others) await store.put(key, picture(1), { contentType: 'image/png' });
  await store.put('images/acme/s-1/page.png', Buffer.from('<svg onload=alert(1)>'), { contentType: 'image/png' });
  assert.equal(await new GuidePublisher(store).publish(guideOf(others), 1n), 3);
  assert.equal(countOf(await page(store), '<img '), 0);
});

test('ids that are no part of a key end as dead letters, one each, and the guides around them are published', async () => {
  const store = createMemoryObjectStore();
  const odd = ['', '.', '..', 'a/b', '../globex', '%2e%2e', 'ä', 'a b', 'a\0b', '\ud800', 'x'.repeat(200)];
  const guides = [...odd.flatMap((id) => [guideRow({ tenantId: id }), guideRow({ sessionId: id })]), guideRow({ sessionId: 'a..b_-c' })];
  const bench = await createBench<Guide>({
    open: async () => createGuideTarget({ store, guides: jsonSerde<Guide>() }),
    openDying: 'one-write',
    effect: async () => undefined,
    end: async () => {},
  });
  await bench.send(guides.map((guide) => ({ topic: 'guide.finished.v1', value: Buffer.from(JSON.stringify(guide)) })));
  await bench.drain();
  await bench.log.close();
  assert.deepEqual(
    bench.letters.map(({ offset, code }) => [offset, code]),
    odd.flatMap((_id, index) => [2 * index, 2 * index + 1].map((offset) => [offset, 'OBJECT_KEY_INVALID'])),
  );
  assert.deepEqual(
    (await keysOf(store)).filter((key) => !key.startsWith('guides/acme/a..b_-c/')),
    ['positions/guides/guide.finished.v1/0'],
  );
  assert.ok((await createGuideDocuments(store).document('acme', 'a..b_-c', 'json')) !== undefined);
});

test('deleting a session whose id is no part of a key is refused before anything is deleted', async () => {
  const store = createMemoryObjectStore();
  await new GuidePublisher(store).publish(guideRow({ sessionId: 's1' }), 1n);
  const before = await keysOf(store);
  for (const [tenantId, sessionId] of [
    ['acme', ''],
    ['', 's1'],
    ['acme', 's1/r000001-0'],
    ['acme/s1', 'current'],
    ['acme', '..'],
  ] as const) {
    await assert.rejects(new GuidePublisher(store).forget(tenantId, sessionId), (error) => hasCode(error, 'OBJECT_KEY_INVALID'));
  }
  assert.deepEqual(await keysOf(store), before);
});
