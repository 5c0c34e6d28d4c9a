import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import { batchOf, guideRow, revision, sessionRow, stepRow } from '../contracts/view-fixtures.ts';
import { groupBySession } from '../views/session-rows.ts';
import { planChange, settled, type SessionChange, type StandingSession } from './standing-session.ts';
import { forgottenStamp, joinedStamp, markStamp, maxEpoch, stampOf } from './stamps.ts';

const nothing = (): StandingSession => ({
  isForgotten: false,
  openedAtMs: undefined,
  session: undefined,
  guide: undefined,
  steps: new Map(),
});

interface Given {
  readonly rows: Parameters<typeof batchOf>[0];
  readonly offset?: bigint;
}

function plan(standing: StandingSession, { rows, offset }: Given): SessionChange | undefined {
  const [next] = groupBySession(batchOf(rows));
  assert.ok(next !== undefined);
  const all: readonly (SessionUpsert | StepUpsert | Guide)[] = [...(rows.sessions ?? []), ...(rows.steps ?? []), ...(rows.guides ?? [])];
  return planChange(standing, next, {
    epoch: 0,
    offsets: offset === undefined ? undefined : new Map(all.map((row) => [row, offset])),
  });
}

function after(standing: StandingSession, given: Given): StandingSession {
  const change = plan(standing, given);
  assert.ok(change !== undefined);
  return settled(standing, change);
}

test('a row is written with the stamp of its record, and an older or equal revision not at all (V2)', () => {
  const standing = after(nothing(), { rows: { steps: [stepRow({ revision: revision(5) })] }, offset: 50n });
  assert.equal(standing.steps.get('step-1')?.stamp, 50n);
  assert.equal(plan(standing, { rows: { steps: [stepRow({ revision: revision(5) })] }, offset: 60n }), undefined);
  assert.equal(plan(standing, { rows: { steps: [stepRow({ revision: revision(4) })] }, offset: 61n }), undefined);
});

test('a newer revision is never written below what stands, where the servers would drop it', () => {
  const standing = after(nothing(), { rows: { steps: [stepRow()] }, offset: 50n });
  const change = plan(standing, { rows: { steps: [stepRow({ revision: revision(2) })] }, offset: 7n });
  assert.deepEqual(
    change?.steps.map(({ stamp }) => stamp),
    [51n],
  );
});

test('a guide is listed once its session is known, whichever comes first, and again when either changes the list', () => {
  const early = plan(nothing(), { rows: { guides: [guideRow()] }, offset: 3n });
  assert.equal(early?.guideListStamp, undefined);
  const guided = after(nothing(), { rows: { guides: [guideRow()] }, offset: 3n });
  const both = plan(guided, { rows: { sessions: [sessionRow({ openedAtMs: 42 })] }, offset: 10n });
  assert.equal(both?.guideListStamp, 13n);
  assert.ok(both !== undefined);
  const known = settled(guided, both);
  assert.equal(
    plan(known, { rows: { sessions: [sessionRow({ openedAtMs: 42, revision: revision(2) })] }, offset: 11n })?.guideListStamp,
    undefined,
  );
  assert.equal(plan(known, { rows: { guides: [guideRow({ revision: revision(10) })] }, offset: 5n })?.guideListStamp, 15n);
});

test('a session that moves leaves its old place, and every place that a batch names, for a crash may have put it there', () => {
  const standing = after(nothing(), { rows: { sessions: [sessionRow({ openedAtMs: 42 })] }, offset: 1n });
  const moved = plan(standing, {
    rows: { sessions: [sessionRow({ openedAtMs: 43, revision: revision(2) }), sessionRow({ openedAtMs: 44, revision: revision(3) })] },
    offset: 3n,
  });
  assert.deepEqual([moved?.openedAtMs, moved?.leftAtMs], [44, [43, 42]]);
});

test('stamps order by epoch, then offset; a joined one rises with either part; what is forgotten stands above all', () => {
  const epochs = fc.integer({ min: 0, max: maxEpoch });
  const offsets = fc.bigInt({ min: 0n, max: 2n ** 43n - 1n });
  fc.assert(
    fc.property(epochs, offsets, offsets, offsets, (epoch, first, second, step) => {
      const [a, b] = [stampOf(epoch, first), stampOf(epoch, second)];
      assert.ok(a < forgottenStamp && forgottenStamp < markStamp);
      if (epoch > 0) assert.ok(stampOf(epoch - 1, second) < a);
      const more = step + 1n;
      const joined = joinedStamp(epoch, a, b);
      assert.ok(joinedStamp(epoch, a + more, b) > joined && joinedStamp(epoch, a, b + more) > joined);
      assert.equal(joinedStamp(epoch, a, epoch === 0 ? 0n : stampOf(epoch - 1, second)), a);
    }),
  );
});
