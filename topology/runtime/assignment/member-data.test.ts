import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePlan, encodePlan } from './group-plan.ts';
import { taskHoldings } from './held-task.ts';
import { decodeMemberData, encodeMemberData } from './member-data.ts';

const id = fc.record({ subTopology: fc.nat({ max: 300 }), partition: fc.nat({ max: 100_000 }) }, { noNullPrototype: true });
const tasks = fc.array(fc.record({ id, holding: fc.constantFrom(...taskHoldings), lag: fc.maxSafeNat() }, { noNullPrototype: true }));
const ids = fc.array(id);
const members = fc.array(
  fc.record({ memberId: fc.string(), host: fc.string(), active: ids, standby: ids, warmUp: ids }, { noNullPrototype: true }),
);

test('what a member tells and what the leader answers come through as they were written', () => {
  fc.assert(
    fc.property(fc.string(), tasks, members, fc.boolean(), (host, held, planned, isProbing) => {
      assert.deepEqual(decodeMemberData(encodeMemberData({ host, tasks: held })), { host, tasks: held });
      assert.deepEqual(decodePlan(encodePlan({ members: planned, isProbing })), { members: planned, isProbing });
    }),
  );
});

test('bytes of another version, cut bytes and noise are told from ours without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.string(), tasks, fc.nat(), (noise, host, held, cut) => {
      const bytes = encodeMemberData({ host, tasks: held });
      const part = bytes.subarray(0, cut % bytes.length);
      assert.equal(decodeMemberData(Buffer.from(part)), undefined);
      decodeMemberData(Buffer.from(noise));
      decodePlan(Buffer.from(noise));
    }),
  );
  assert.equal(decodeMemberData(Buffer.from([2, 0, 0])), undefined);
  assert.equal(decodePlan(Buffer.from([2, 0, 0])), undefined);
});

test('an unknown lag is the largest there is, not none', () => {
  const [task] =
    decodeMemberData(encodeMemberData({ host: '', tasks: [{ id: { subTopology: 0, partition: 0 }, holding: 'none', lag: Infinity }] }))
      ?.tasks ?? [];
  assert.equal(task?.lag, Number.MAX_SAFE_INTEGER);
});
