import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TopicPartition } from '../../topology/log/log.ts';
import type { ViewReader, ViewWriter } from '../ports/views.ts';
import { batchOf, guideRow, revision, sessionRow, stepRow } from './view-fixtures.ts';

export type Views = ViewWriter & ViewReader;

/** `open` may be called again on the same state after `close`; `end` deletes it. */
export interface ViewsUnderTest {
  readonly open: () => Promise<Views>;
  readonly end: () => Promise<void>;
}

/** What every suite hands to its views as `livePartitionOf`. */
export const livePartitionOf = (tenantId: string): TopicPartition => ({ topic: 'guide.steps.v1', partition: tenantId === 'acme' ? 0 : 1 });

type Test = (title: string, body: (views: Views, reopen: () => Promise<Views>) => Promise<void>) => void;

/** What every implementation of ViewWriter and ViewReader promises. `keepsState`: rows survive `close`. */
export function viewsContract(name: string, make: () => Promise<ViewsUnderTest>, { keepsState }: { readonly keepsState: boolean }): void {
  const test: Test = (title, body) => {
    it(title, async () => {
      const { open, end } = await make();
      let views = await open();
      try {
        await body(views, async () => {
          await views.close();
          views = await open();
          return views;
        });
      } finally {
        await views.close();
        await end();
      }
    });
  };
  describe(`views contract: ${name}`, () => {
    applying(test);
    snapshots(test);
    lists(test);
    forgetting(test);
    if (keepsState) restarting(test);
  });
}

function applying(test: Test): void {
  test('answers undefined for what it never saw', async (views) => {
    assert.equal(await views.session('acme', 's1'), undefined);
    assert.equal(await views.liveSteps('acme', 's1'), undefined);
    assert.equal(await views.guide('acme', 's1'), undefined);
    assert.deepEqual(await views.listSessions('acme', { limitCount: 10 }), { rows: [] });
    assert.deepEqual(await views.positions(), []);
  });
  test('shows the rows of a batch and stores its positions', async (views) => {
    const position = { topic: 'guide.steps.v1', partition: 0, nextOffset: 12n };
    await views.apply(batchOf({ sessions: [sessionRow()], steps: [stepRow()], guides: [guideRow()], positions: [position] }));
    assert.deepEqual(await views.session('acme', 's1'), sessionRow());
    assert.deepEqual(await views.guide('acme', 's1'), guideRow());
    assert.deepEqual(await views.liveSteps('acme', 's1'), { session: sessionRow(), steps: [stepRow()], position });
    assert.deepEqual(await views.positions(), [position]);
  });
  test('is the same when records come twice (V2)', async (views) => {
    const batch = batchOf({ sessions: [sessionRow()], steps: [stepRow(), stepRow()], guides: [guideRow()] });
    await views.apply(batch);
    await views.apply(batch);
    assert.deepEqual((await views.listGuides('acme', { limitCount: 10 })).rows.length, 1);
    const snapshot = await views.liveSteps('acme', 's1');
    assert.deepEqual(snapshot !== 'gone' && snapshot?.steps, [stepRow()]);
  });
  test('never lets an older revision replace a newer one, in one batch or in two (V2, T4)', async (views) => {
    const newer = stepRow({ revision: revision(5), title: 'new' });
    const preview = stepRow({ revision: revision(5, false), title: 'preview of the same ordinal' });
    await views.apply(batchOf({ sessions: [sessionRow({ revision: revision(5), title: 'new' })], steps: [newer, stepRow()] }));
    await views.apply(batchOf({ sessions: [sessionRow()], steps: [preview], guides: [guideRow({ revision: revision(9), title: 'new' })] }));
    await views.apply(batchOf({ guides: [guideRow({ revision: revision(8), title: 'old' })] }));
    const snapshot = await views.liveSteps('acme', 's1');
    assert.ok(snapshot !== undefined && snapshot !== 'gone');
    assert.deepEqual([snapshot.session.title, snapshot.steps.map((step) => step.title)], ['new', ['new']]);
    const guide = await views.guide('acme', 's1');
    assert.ok(guide !== undefined && guide !== 'gone');
    assert.equal(guide.title, 'new');
    assert.deepEqual(
      (await views.listGuides('acme', { limitCount: 10 })).rows.map((row) => row.title),
      ['new'],
    );
  });
}

function snapshots(test: Test): void {
  test('gives steps in order and leaves removed ones out until a higher revision brings them back', async (views) => {
    const steps = [3, 1, 10, 2].map((order) => stepRow({ stepId: `step-${order}`, order }));
    await views.apply(batchOf({ sessions: [sessionRow()], steps }));
    const orders = async (): Promise<readonly number[]> => {
      const snapshot = await views.liveSteps('acme', 's1');
      return snapshot === undefined || snapshot === 'gone' ? [] : snapshot.steps.map((step) => step.order);
    };
    assert.deepEqual(await orders(), [1, 2, 3, 10]);
    await views.apply(batchOf({ steps: [stepRow({ stepId: 'step-2', order: 2, revision: revision(4), state: 'removed' })] }));
    await views.apply(batchOf({ steps: [stepRow({ stepId: 'step-2', order: 2, revision: revision(3) })] }));
    assert.deepEqual(await orders(), [1, 3, 10]);
    await views.apply(batchOf({ steps: [stepRow({ stepId: 'step-2', order: 2, revision: revision(5) })] }));
    assert.deepEqual(await orders(), [1, 2, 3, 10]);
  });
  test('gives a snapshot the position of its session’s partition, 0 before the first', async (views) => {
    await views.apply(batchOf({ sessions: [sessionRow()], positions: [{ topic: 'guide.steps.v1', partition: 1, nextOffset: 99n }] }));
    const before = await views.liveSteps('acme', 's1');
    assert.deepEqual(before !== 'gone' && before?.position, { topic: 'guide.steps.v1', partition: 0, nextOffset: 0n });
    await views.apply(batchOf({ positions: [{ topic: 'guide.steps.v1', partition: 0, nextOffset: 2n ** 60n }] }));
    const after = await views.liveSteps('acme', 's1');
    assert.deepEqual(after !== 'gone' && after?.position.nextOffset, 2n ** 60n);
  });
  test('never crosses tenants, not even where one id is the beginning of another', async (views) => {
    const ids = ['acme', 'acme2', 'acm', 'acme/s'];
    for (const tenantId of ids) {
      const title = `of ${tenantId}`;
      await views.apply(
        batchOf({
          sessions: [sessionRow({ tenantId, title })],
          steps: [stepRow({ tenantId, title })],
          guides: [guideRow({ tenantId, title })],
        }),
      );
    }
    for (const tenantId of ids) {
      const snapshot = await views.liveSteps(tenantId, 's1');
      assert.ok(snapshot !== undefined && snapshot !== 'gone');
      assert.deepEqual(
        snapshot.steps.map((step) => step.title),
        [`of ${tenantId}`],
      );
      assert.deepEqual(
        (await views.listSessions(tenantId, { limitCount: 9 })).rows.map((row) => row.title),
        [`of ${tenantId}`],
      );
      assert.deepEqual(
        (await views.listGuides(tenantId, { limitCount: 9 })).rows.map((row) => row.title),
        [`of ${tenantId}`],
      );
    }
    await views.forget('acm', 's1');
    assert.deepEqual(await views.session('acme', 's1'), sessionRow({ title: 'of acme' }));
  });
}

function lists(test: Test): void {
  test('pages through sessions and guides newest first, without a gap or a double', async (views) => {
    const sessions = Array.from({ length: 25 }, (_value, index) =>
      sessionRow({ sessionId: `s${index}`, openedAtMs: 1000 + Math.floor(index / 2) }),
    );
    await views.apply(batchOf({ sessions, guides: sessions.map(({ sessionId }) => guideRow({ sessionId })) }));
    const seen: string[] = [];
    const guides: string[] = [];
    let [cursor, guideCursor]: (string | undefined)[] = [];
    do {
      const page = await views.listSessions('acme', { limitCount: 7, ...(cursor === undefined ? {} : { cursor }) });
      const guidePage = await views.listGuides('acme', { limitCount: 7, ...(guideCursor === undefined ? {} : { cursor: guideCursor }) });
      seen.push(...page.rows.map((row) => row.sessionId));
      guides.push(...guidePage.rows.map((row) => row.sessionId));
      [cursor, guideCursor] = [page.cursor, guidePage.cursor];
    } while (cursor !== undefined);
    const wanted = [...sessions]
      .sort((a, b) => b.openedAtMs - a.openedAtMs || (a.sessionId < b.sessionId ? -1 : 1))
      .map((row) => row.sessionId);
    assert.deepEqual(seen, wanted);
    assert.deepEqual(guides, wanted);
    assert.equal(guideCursor, undefined);
  });
  test('gives no cursor when the last page is exactly full', async (views) => {
    await views.apply(batchOf({ sessions: ['a', 'b'].map((sessionId) => sessionRow({ sessionId })) }));
    assert.equal((await views.listSessions('acme', { limitCount: 2 })).cursor, undefined);
  });
  test('summarises a guide with the time of its session, whichever comes first', async (views) => {
    await views.apply(batchOf({ guides: [guideRow()] }));
    await views.apply(batchOf({ sessions: [sessionRow({ openedAtMs: 42 })] }));
    await views.apply(batchOf({ sessions: [sessionRow({ openedAtMs: 43, revision: revision(2) })] }));
    const wanted = { sessionId: 's1', guideId: 'guide-1', title: 'How to save', summary: 'One step.', stepCount: 1, openedAtMs: 43 };
    assert.deepEqual(await views.listGuides('acme', { limitCount: 10 }), { rows: [wanted] });
    assert.equal((await views.listSessions('acme', { limitCount: 10 })).rows.length, 1);
  });
  test('finds titles by words, whatever their case, order and accents', async (views) => {
    const titles = ['How to pay an Invoice', 'Änderung speichern', 'How to change a password'];
    await views.apply(batchOf({ sessions: titles.map((title, index) => sessionRow({ sessionId: `s${index}`, title })) }));
    const found = async (query: string): Promise<readonly string[]> =>
      (await views.listSessions('acme', { limitCount: 10, query })).rows.map((row) => row.title);
    assert.deepEqual(await found('invoice PAY'), ['How to pay an Invoice']);
    assert.deepEqual(await found('anderung'), ['Änderung speichern']);
    assert.deepEqual((await found('how')).length, 2);
    assert.deepEqual(await found('nothing like it'), []);
    assert.deepEqual((await found('  ')).length, 3);
  });
  test('takes any cursor from a stranger without crossing tenants', async (views) => {
    await views.apply(batchOf({ sessions: [sessionRow(), sessionRow({ tenantId: 'zeta', title: 'secret' })] }));
    for (const cursor of ['', '!!!', 'AAAA', Buffer.from('szeta\0').toString('base64url'), 'x'.repeat(5000)]) {
      const page = await views.listSessions('acme', { limitCount: 10, cursor });
      assert.equal(
        page.rows.some((row) => row.tenantId !== 'acme'),
        false,
      );
    }
  });
}

function forgetting(test: Test): void {
  test('forgets every row, says how many, answers gone, and lets no late upsert pass (V3)', async (views) => {
    const steps = ['a', 'b'].map((stepId) => stepRow({ stepId }));
    await views.apply(batchOf({ sessions: [sessionRow()], steps, guides: [guideRow()] }));
    await views.apply(batchOf({ sessions: [sessionRow({ sessionId: 's2' })] }));
    assert.equal(await views.forget('acme', 's1'), 4);
    await views.apply(
      batchOf({ sessions: [sessionRow({ revision: revision(99) })], steps, guides: [guideRow({ revision: revision(99) })] }),
    );
    assert.equal(await views.session('acme', 's1'), 'gone');
    assert.equal(await views.liveSteps('acme', 's1'), 'gone');
    assert.equal(await views.guide('acme', 's1'), 'gone');
    assert.deepEqual(
      (await views.listSessions('acme', { limitCount: 10 })).rows.map((row) => row.sessionId),
      ['s2'],
    );
    assert.deepEqual((await views.listGuides('acme', { limitCount: 10 })).rows, []);
    assert.equal(await views.forget('acme', 's1'), 0);
  });
  test('forgets a session that it never saw, so that it never shows (V3)', async (views) => {
    assert.equal(await views.forget('acme', 'later'), 0);
    await views.apply(batchOf({ sessions: [sessionRow({ sessionId: 'later' })] }));
    assert.equal(await views.session('acme', 'later'), 'gone');
  });
}

function restarting(test: Test): void {
  test('keeps rows, positions and tombstones over a restart', async (views, reopen) => {
    const position = { topic: 'guide.steps.v1', partition: 3, nextOffset: 7n };
    await views.apply(batchOf({ sessions: [sessionRow()], steps: [stepRow()], positions: [position] }));
    await views.forget('acme', 's9');
    const again = await reopen();
    assert.deepEqual(await again.session('acme', 's1'), sessionRow());
    assert.deepEqual(await again.positions(), [position]);
    assert.equal(await again.session('acme', 's9'), 'gone');
  });
  test('converges when a crash repeats the tail after the last stored position (V1, V2)', async (views, reopen) => {
    const batches = [1, 2, 3].map((ordinal) =>
      batchOf({
        steps: [stepRow({ revision: revision(ordinal), title: `v${ordinal}` })],
        sessions: [sessionRow({ revision: revision(ordinal) })],
        positions: [{ topic: 'guide.steps.v1', partition: 0, nextOffset: BigInt(ordinal) }],
      }),
    );
    for (const batch of batches.slice(0, 2)) await views.apply(batch);
    const again = await reopen();
    const next = Number((await again.positions())[0]?.nextOffset);
    for (const batch of batches.slice(next - 1)) await again.apply(batch);
    const snapshot = await again.liveSteps('acme', 's1');
    assert.ok(snapshot !== undefined && snapshot !== 'gone');
    assert.deepEqual([snapshot.steps.map((step) => step.title), snapshot.position.nextOffset], [['v3'], 3n]);
  });
}
