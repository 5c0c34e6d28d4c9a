import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { first, output, produce, readAll, text } from '../contract/contract-kit.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { openEmbeddedLog } from './embedded-log.ts';

type Step = { readonly kind: 'produce'; readonly keys: readonly number[] } | { readonly kind: 'compact' | 'reopen' | 'delete' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('produce' as const), keys: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('compact' as const, 'reopen' as const, 'delete' as const) }) },
);

/** What a compacted partition must hold, kept as plain as possible. */
class Model {
  readonly sent: (readonly [offset: bigint, key: string, value: string])[] = [];
  startOffset = 0n;

  get nextOffset(): bigint {
    return BigInt(this.sent.length);
  }

  /** The last value of each key, where it is not deleted. */
  get mustHold(): readonly string[] {
    const last = new Map(this.sent.map(([offset, key, value]) => [key, { offset, value }]));
    return [...last.values()].filter(({ offset }) => offset >= this.startOffset).map(({ value }) => value);
  }
}

async function run(directory: string, steps: readonly Step[]): Promise<void> {
  const model = new Model();
  let log = await open(directory);
  try {
    for (const one of steps) {
      if (one.kind === 'produce') await produceInto(log, model, one.keys);
      if (one.kind === 'compact') await log.maintain();
      if (one.kind === 'delete') {
        model.startOffset = (model.startOffset + model.nextOffset) / 2n;
        await log.deleteRecords([{ ...first, nextOffset: model.startOffset }]);
      }
      if (one.kind === 'reopen') {
        await log.close();
        log = await open(directory);
      }
      await check(log, model);
    }
  } finally {
    await log.close();
  }
}

async function open(directory: string): Promise<EmbeddedLog> {
  const log = await openEmbeddedLog({ directory, memtableBytes: 1_048_576, tailCacheBytes: 500, compactionMaxKeys: 3 });
  await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]);
  return log;
}

async function produceInto(log: EmbeddedLog, model: Model, keys: readonly number[]): Promise<void> {
  const records = keys.map((key, index) => [model.nextOffset + BigInt(index), `${key}`, `${key}:${model.sent.length + index}`] as const);
  const offsets = await produce(
    log,
    records.map(([, key, value]) => output(value, { key })),
  );
  assert.deepEqual(
    offsets,
    records.map(([offset]) => offset),
  );
  model.sent.push(...records);
}

async function check(log: EmbeddedLog, model: Model): Promise<void> {
  const { startOffset, nextOffset } = model;
  assert.deepEqual(await log.offsets([first], 'read_committed'), [{ ...first, startOffset, nextOffset }]);
  const records = await readAll(log, first);
  const known = new Map(model.sent.map(([offset, , value]) => [offset, value]));
  for (const [index, record] of records.entries()) {
    assert.equal(text(record), known.get(record.offset), 'a record stands where it was written');
    assert.ok(record.offset >= startOffset && record.offset > (records[index - 1]?.offset ?? -1n), 'in order, and none deleted');
  }
  const values = records.map(text);
  for (const value of model.mustHold) assert.ok(values.includes(value), `${value} is the last of its key and must be there`);
}

test('whatever is written, deleted, compacted and opened again in whatever order, the last value of each key is there at its offset', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'stepwright-prop-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  let runCount = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), (steps) => run(join(root, `${runCount++}`), steps)),
    { numRuns: 20 },
  );
});
