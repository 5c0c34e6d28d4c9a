import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGatewayForFuzz } from './gateway-for-fuzz.ts';
import { runFuzz } from './run-fuzz.ts';

test('2,000 bent requests get no 5xx, no stack, no secret, and a documented code each', async () => {
  const under = await createGatewayForFuzz();
  const { url } = await under.gateway.start();
  const report = await runFuzz(under, url, { requests: 2_000, seed: 20_261_122 });
  await under.gateway.close();
  assert.deepEqual(report.faults, []);
  assert.equal(report.unanswered, 0, JSON.stringify(report.byStatus));
  // A fuzzer that never gets in proves nothing.
  assert.ok((report.byStatus['200'] ?? 0) > 100 && (report.byStatus['201'] ?? 0) > 50, JSON.stringify(report.byStatus));
  assert.ok(Object.keys(report.byCode).length >= 15, JSON.stringify(report.byCode));
});
