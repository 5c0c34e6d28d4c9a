import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createMemoryKeyring } from '../../../processors/ports/memory-keyring.ts';
import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Guide } from '../../../schemas/types/guide.ts';
import { jsonSerde } from '../../contracts/json-serde.ts';
import type { SinkUnderTest } from '../../test-support/sink-bench.ts';
import { sinkContract } from '../../contracts/sink-contract.ts';
import { guideRow, revision } from '../../contracts/view-fixtures.ts';
import { createMemoryObjectStore } from '../../memory/memory-object-store.ts';
import { dyingStore } from '../../test-support/dying-store.ts';
import { withPut } from '../../test-support/with-put.ts';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { openFolderObjectStore } from '../folder/folder-object-store.ts';
import { sampleGuide } from '../render/render-fixtures.ts';
import { unforgottenObjects } from '../unforgotten-objects.ts';
import { createGuideDocuments } from './guide-documents.ts';
import { GuidePublisher } from './guide-publisher.ts';
import { createGuideTarget } from './guide-target.ts';

const png = Buffer.from('89504e470d0a1a0a', 'hex');

async function contents(store: ObjectStore, prefix: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for await (const { key } of store.list(prefix)) found[key] = ((await store.get(key)) ?? Buffer.alloc(0)).toString('latin1');
  return found;
}

function sample(sessionId: string, ordinal: number): { topic: string; value: Buffer } {
  const guide = guideRow({ sessionId, revision: revision(ordinal), title: `${sessionId} at ${ordinal}` });
  return { topic: 'guide.finished.v1', value: Buffer.from(JSON.stringify(guide)) };
}

const samples = async () => ({ values: [sample('s1', 3), sample('s2', 4), sample('s1', 9), sample('s3', 1)] });

function guideSink(store: ObjectStore, end: () => Promise<void>): SinkUnderTest<Guide> {
  return {
    open: async () => createGuideTarget({ store, guides: jsonSerde<Guide>() }),
    openDying: async (doneCount) => createGuideTarget({ store: dyingStore(store, doneCount), guides: jsonSerde<Guide>() }),
    effect: () => contents(store, 'guides/'),
    end,
  };
}

sinkContract<Guide>('guides', async () => guideSink(createMemoryObjectStore(), async () => {}), samples);
sinkContract<Guide>(
  'guides in a folder',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stepwright-guides-'));
    return guideSink(await openFolderObjectStore({ folder, clock: createSystemClock() }), () => rm(folder, { recursive: true }));
  },
  samples,
);

it('publishes three documents that the pointer names, with pictures inlined', async () => {
  const store = createMemoryObjectStore();
  await store.put('images/acme/i1-full.png', png, { contentType: 'image/png' });
  assert.equal(await new GuidePublisher(store).publish(sampleGuide, 7n), 0);
  const documents = createGuideDocuments(store);
  const html = await documents.document('acme', 's-1', 'html');
  assert.ok(html !== undefined && html !== 'gone');
  assert.equal(html.contentType, 'text/html; charset=utf-8');
  assert.match(html.body.toString(), new RegExp(`data:image/png;base64,${png.toString('base64')}`));
  const json = await documents.document('acme', 's-1', 'json');
  assert.ok(json !== undefined && json !== 'gone');
  assert.equal(JSON.parse(json.body.toString()).title, sampleGuide.title);
});

it('says how many pictures are missing and publishes all the same', async () => {
  const store = createMemoryObjectStore();
  assert.equal(await new GuidePublisher(store).publish(sampleGuide, 7n), 1);
  const markdown = await createGuideDocuments(store).document('acme', 's-1', 'md');
  assert.ok(markdown !== undefined && markdown !== 'gone');
});

it('is not turned back by a late writer of an older guide, and leaves none of its files', async () => {
  const store = createMemoryObjectStore();
  await new GuidePublisher(store).publish(guideRow({ revision: revision(9), title: 'new' }), 20n);
  const before = await contents(store, 'guides/');
  await new GuidePublisher(store).publish(guideRow({ revision: revision(5), title: 'old' }), 19n);
  assert.deepEqual(await contents(store, 'guides/'), before);
});

it('leaves nothing of an older guide whichever of its requests it died at', async () => {
  const whole = createMemoryObjectStore();
  await new GuidePublisher(whole).publish(guideRow({ revision: revision(2) }), 2n);
  let hasDied = true;
  for (let doneCount = 0; hasDied; doneCount++) {
    const store = createMemoryObjectStore();
    await new GuidePublisher(store).publish(guideRow({ revision: revision(1) }), 1n);
    const next = guideRow({ revision: revision(2) });
    hasDied = await new GuidePublisher(dyingStore(store, doneCount)).publish(next, 2n).then(
      () => false,
      () => true,
    );
    await new GuidePublisher(store).publish(next, 2n);
    assert.deepEqual(await contents(store, ''), await contents(whole, ''), `died after ${doneCount} requests`);
    assert.equal(hasDied, doneCount < 8, 'three documents, two pointers, three documents that go');
  }
});

it('keeps what the pointer names when another guide comes from the same place of a topic that was made anew', async () => {
  const store = createMemoryObjectStore();
  for (const ordinal of [4, 7, 2])
    await new GuidePublisher(store).publish(guideRow({ revision: revision(ordinal), title: `${ordinal}` }), 5n);
  const json = await createGuideDocuments(store).document('acme', 's1', 'json');
  assert.ok(json !== undefined && json !== 'gone');
  assert.equal(JSON.parse(json.body.toString()).title, '4');
  assert.equal(Object.keys(await contents(store, '')).length, 4, 'and nothing else');
});

it('leaves nothing of a session that was deleted while its guide was made, by its key or by its tombstone', async () => {
  const keyring = createMemoryKeyring();
  const inner = createMemoryObjectStore();
  // The deletion is over when the first document arrives.
  const deleting = (isByKey: boolean) =>
    withPut(inner, async (key, body, options) => {
      if (key.endsWith('guide.html')) {
        if (isByKey) await keyring.destroy('acme/s1');
        await new GuidePublisher(inner).forget('acme', 's1');
      }
      return inner.put(key, body, options);
    });
  for (const store of [deleting(false), unforgottenObjects(deleting(true), keyring)]) {
    assert.equal(await new GuidePublisher(store).publish(guideRow({ sessionId: 's1' }), 1n), 0);
    assert.deepEqual(Object.keys(await contents(inner, '')), ['guides/acme/s1/current']);
    assert.equal(await createGuideDocuments(inner).document('acme', 's1', 'json'), 'gone');
    await inner.delete('guides/acme/s1/current');
  }
});

it('writes the pointer last, so that a crash never shows half a guide', async () => {
  const inner = createMemoryObjectStore();
  const writes: string[] = [];
  const store = withPut(inner, (key, body, options) => {
    writes.push(key.slice(key.lastIndexOf('/') + 1));
    return inner.put(key, body, options);
  });
  await new GuidePublisher(store).publish(guideRow(), 1n);
  assert.deepEqual(writes, ['guide.json', 'guide.html', 'guide.md', 'current']);
});

it('forgets documents, pictures and originals of the session and of no other', async () => {
  const store = createMemoryObjectStore();
  const publisher = new GuidePublisher(store);
  for (const sessionId of ['s1', 's10']) {
    await publisher.publish(guideRow({ sessionId }), 5n);
    await store.put(`images/acme/${sessionId}/x`, png, { contentType: 'image/png' });
    await store.put(`quarantine/acme/${sessionId}/y`, png, { contentType: 'image/png' });
  }
  const other = await contents(store, 'guides/acme/s10/');
  assert.equal(await publisher.forget('acme', 's1'), 5);
  assert.deepEqual(
    Object.keys(await contents(store, '')).filter((key) => key.includes('/s1/')),
    ['guides/acme/s1/current'],
  );
  assert.deepEqual(await contents(store, 'guides/acme/s10/'), other);
  assert.equal(await createGuideDocuments(store).document('acme', 's1', 'json'), 'gone');
  await publisher.publish(guideRow({ sessionId: 's1', revision: revision(99) }), 99n);
  assert.equal(await createGuideDocuments(store).document('acme', 's1', 'json'), 'gone');
});
