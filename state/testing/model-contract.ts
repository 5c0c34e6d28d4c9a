import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../topology/base/errors.ts';
import type { ContractBackend } from './contract-backend.ts';
import { contractStores, StateHarness } from './state-harness.ts';

const { counts, pairs } = contractStores;

type Command =
  | { readonly type: 'put'; readonly key: string; readonly value: number }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'scan'; readonly from: string; readonly to: string; readonly reverse: boolean }
  | { readonly type: 'commit' | 'abort' | 'beginFlush' | 'failFlush' | 'endFlush' | 'crash' | 'wipe' };

const keys = ['', 'a', 'a\0', 'a\u0001', 'ab', 'b', 'ä', '\u{1f600}', 'z'];
const key = fc.constantFrom(...keys);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant('put' as const), key, value: fc.nat(99) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('delete' as const), key }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('get' as const), key }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('scan' as const), from: key, to: key, reverse: fc.boolean() }) },
  { weight: 6, arbitrary: fc.constantFrom<Command>({ type: 'commit' }, { type: 'commit' }, { type: 'abort' }) },
  { weight: 4, arbitrary: fc.constantFrom<Command>({ type: 'beginFlush' }, { type: 'failFlush' }, { type: 'endFlush' }) },
  { weight: 2, arbitrary: fc.constantFrom<Command>({ type: 'crash' }, { type: 'crash' }, { type: 'wipe' }) },
);

/** Restore = replay: any mix of writes, commits, aborts, flushes half done or refused, crashes and wipes leaves what a plain map holds. */
export function modelContract({ name, createFactory, createDirectory, propertyRunCount }: ContractBackend): void {
  test(`${name}: K1–K5 any schedule of writes, commits, aborts, flushes and crashes equals a plain map`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), fc.constantFrom(0, 1_000_000), async (commands, cacheBytes) => {
        const run = new ModelRun(new StateHarness(createFactory(), createDirectory(), { cacheBytes, restoreBatchBytes: 400 }));
        await run.harness.open();
        for (const one of commands) await run.apply(one);
        await run.crash();
        run.compareAll();
        await run.harness.state.close();
      }),
      { numRuns: propertyRunCount },
    );
  });
}

/** The state beside its model: what was committed, and what the open transaction sees. */
class ModelRun {
  readonly harness: StateHarness;
  #committed = new Map<string, number>();
  #open = new Map<string, number>();
  #flush: Promise<void> = Promise.resolve();

  constructor(harness: StateHarness) {
    this.harness = harness;
  }

  async apply(command: Command): Promise<void> {
    const { state } = this.harness;
    switch (command.type) {
      case 'put':
        this.#open.set(command.key, command.value);
        state.store(counts).put(command.key, command.value);
        state.store(pairs).put([command.key, 5n], command.value);
        return;
      case 'delete':
        this.#open.delete(command.key);
        state.store(counts).delete(command.key);
        state.store(pairs).delete([command.key, 5n]);
        return;
      case 'get':
        assert.equal(state.store(counts).get(command.key), this.#open.get(command.key));
        assert.equal(state.store(pairs).get([command.key, 5n]), this.#open.get(command.key));
        return;
      case 'scan':
        this.#scan(command.from, command.to, command.reverse);
        return;
      default:
        await this.#step(command.type);
    }
  }

  async crash(): Promise<void> {
    this.harness.faults.release();
    await this.#flush;
    const stored = Number(this.harness.state.position().changelogs.get('counts')?.nextOffset ?? 0n);
    const restoredCount = await this.harness.crash();
    assert.equal(restoredCount, this.harness.log.length - stored, 'K3: only the tail is restored');
    this.#open = new Map(this.#committed);
  }

  compareAll(): void {
    for (const one of keys) assert.equal(this.harness.state.store(counts).get(one), this.#open.get(one));
    this.#scan('', '\u{10ffff}', false);
    this.#scan('', '\u{10ffff}', true);
  }

  async #step(type: 'commit' | 'abort' | 'beginFlush' | 'failFlush' | 'endFlush' | 'crash' | 'wipe'): Promise<void> {
    switch (type) {
      case 'commit':
        this.harness.commit();
        this.#committed = new Map(this.#open);
        return;
      case 'abort':
        this.harness.state.dropOpen();
        this.#open = new Map(this.#committed);
        this.compareAll();
        return;
      case 'beginFlush':
      case 'failFlush':
        return this.#beginFlush(type === 'failFlush');
      case 'endFlush':
        this.harness.faults.release();
        await this.#flush;
        this.compareAll();
        return;
      case 'crash':
        return this.crash();
      case 'wipe':
        return this.#wipe();
    }
  }

  /** Leaves the flush half way, until `endFlush`: what comes between meets a flushing layer. */
  async #beginFlush(fails: boolean): Promise<void> {
    this.harness.faults.release();
    await this.#flush;
    this.harness.faults.hold();
    this.harness.faults.failWrites(fails ? 1 : 0);
    this.#flush = this.harness.flush().catch((error: unknown) => {
      assert.ok(fails && hasCode(error, 'STATE_DISK_FULL'), String(error));
    });
    await Promise.resolve();
  }

  async #wipe(): Promise<void> {
    this.harness.faults.release();
    await this.#flush;
    await this.harness.state.wipe('requested');
    await this.harness.restore();
    this.#open = new Map(this.#committed);
  }

  #scan(from: string, to: string, reverse: boolean): void {
    const { state } = this.harness;
    const inside = [...this.#open].filter(([key]) => compareUtf8(key, from) >= 0 && compareUtf8(key, to) < 0);
    inside.sort(([one], [other]) => (reverse ? compareUtf8(other, one) : compareUtf8(one, other)));
    assert.deepEqual([...state.store(counts).range(from, to, { reverse })], inside);
    const found = [...state.store(pairs).range([from, 0n], [to, 0n], { reverse })].map(([[key], value]) => [key, value]);
    assert.deepEqual(found, inside);
  }
}

function compareUtf8(one: string, other: string): number {
  return Buffer.from(one).compare(Buffer.from(other));
}
