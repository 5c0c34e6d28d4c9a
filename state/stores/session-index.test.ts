import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSystemClock } from '../../topology/base/clock.ts';
import { stringKey } from '../keys/key-serdes.ts';
import { int64Serde } from '../../schemas/serdes.ts';
import { createMemoryBackendFactory } from '../memory/memory-backend.ts';
import { sessionStore } from '../store.ts';
import type { Windowed } from '../store.ts';
import { openTaskState } from '../task/open-task-state.ts';
import { maxIndexedCount, SessionIndex } from './session-index.ts';

const session = (startMs: number, endMs: number): Windowed<string> => ({ key: 'k', startMs, endMs });

test('an index knows only what it was given, in the order of the store, and forgets the values of keys with many sessions', () => {
  const index = new SessionIndex<string>();
  index.added('k', session(1, 2));
  assert.equal(index.find('k'), undefined, 'one session of a key says nothing about its others');
  index.keep('k', [session(1, 2), session(5, 6)]);
  index.added('k', session(3, 4));
  index.added('k', session(3, 4));
  index.removed('k', session(1, 2));
  assert.deepEqual(index.find('k'), [session(3, 4), session(5, 6)]);
  for (let at = 10; at < 10 + maxIndexedCount; at += 1) index.added('k', session(at, at));
  assert.equal(index.find('k'), 'many');
  index.clear();
  assert.equal(index.find('k'), undefined);
});

interface Step {
  readonly kind: 'put' | 'remove' | 'find' | 'commit' | 'flush' | 'drop';
  readonly key: string;
  readonly at: number;
  readonly length: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record(
    {
      kind: fc.constantFrom('put', 'put', 'put', 'remove', 'find', 'find', 'commit', 'flush', 'drop'),
      key: fc.constantFrom('a', 'b', 'ab'),
      at: fc.nat(60),
      length: fc.nat(3),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 120 },
);

/** The store as a plain list; `committed` is what a drop of the open layer goes back to. */
class Model {
  #now = new Map<string, bigint>();
  #committed = new Map<string, bigint>();

  put({ key, at, length }: Step, value: bigint | undefined): void {
    const id = JSON.stringify([key, at + length, at]);
    if (value === undefined) this.#now.delete(id);
    else this.#now.set(id, value);
  }

  commit(): void {
    this.#committed = new Map(this.#now);
  }

  drop(): void {
    this.#now = new Map(this.#committed);
  }

  find(key: string, earliestEndMs: number, latestStartMs: number): readonly unknown[] {
    const rows = [...this.#now].map(([id, value]) => ({ id: JSON.parse(id), value }));
    return rows
      .filter(({ id: [name, endMs, startMs] }) => name === key && endMs >= earliestEndMs && startMs <= latestStartMs)
      .sort(({ id: [, end, start] }, { id: [, otherEnd, otherStart] }) => end - otherEnd || start - otherStart)
      .map(({ id: [, endMs, startMs], value }) => [startMs, endMs, value]);
  }
}

test('sessions are found as in a plain list, whatever was put, removed, committed, flushed and taken back before', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (todo) => {
      const spec = sessionStore('sessions', { key: stringKey, value: int64Serde, inactivityGapMs: 5, retentionMs: 1_000 });
      const backend = createMemoryBackendFactory();
      const state = await openTaskState({ taskId: '0_0', directory: '0_0', stores: [spec], backend, clock: createSystemClock() });
      const store = state.store(spec);
      const model = new Model();
      let value = 0n;
      for (const step of todo) {
        const { key, at, length } = step;
        const one = { key, startMs: at, endMs: at + length };
        value += 1n;
        if (step.kind === 'put') store.put(one, value);
        if (step.kind === 'put') model.put(step, value);
        if (step.kind === 'remove') store.remove(one);
        if (step.kind === 'remove') model.put(step, undefined);
        if (step.kind === 'drop') state.dropOpen();
        if (step.kind === 'drop') model.drop();
        if (step.kind === 'commit' || step.kind === 'flush') {
          state.takeChangelog();
          state.fold();
          model.commit();
        }
        if (step.kind === 'flush') await state.flush({ changelogs: new Map(), metadata: '' });
        if (step.kind !== 'find') continue;
        const found = [...store.findSessions(key, at, at + length * 4)].map(([{ startMs, endMs }, kept]) => [startMs, endMs, kept]);
        assert.deepEqual(found, model.find(key, at, at + length * 4));
      }
      await state.close();
    }),
    { numRuns: 200 },
  );
});
