import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from './errors.ts';
import { createPromMetrics } from './prom-metrics.ts';

test('the page holds counters, gauges and histograms with labels and help', async () => {
  const metrics = createPromMetrics();
  const processed = metrics.counter('process_total', 'Records processed.', ['task']);
  processed.add(2, { task: '0_1' });
  processed.add(undefined, { task: '0_1' });
  const lag = metrics.gauge('lag_records', 'Records behind.', ['partition']);
  lag.set(7, { partition: '3' });
  lag.set(8, { partition: '4' });
  lag.remove({ partition: '4' });
  metrics.histogram('commit_latency_seconds', 'Commit.', [], [0.01, 0.1]).observe(0.05);
  const page = await metrics.page();
  assert.match(page, /# HELP stepwright_process_total Records processed\./);
  assert.match(page, /stepwright_process_total\{task="0_1"\} 3/);
  assert.match(page, /stepwright_lag_records\{partition="3"\} 7/);
  assert.doesNotMatch(page, /partition="4"/);
  assert.match(page, /stepwright_commit_latency_seconds_bucket\{le="0.1"\} 1/);
});

test('asking twice for a name gives the same metric; as another kind or with other labels it is refused', async () => {
  const metrics = createPromMetrics({ prefix: '' });
  metrics.counter('a_total', 'A.').add();
  metrics.counter('a_total', 'A.').add();
  assert.match(await metrics.page(), /^a_total 2$/m);
  const isRefused = (error: unknown): boolean => hasCode(error, 'CONFIG_INVALID') && error.message.includes('a_total');
  assert.throws(() => metrics.gauge('a_total', 'A.'), isRefused);
  assert.throws(() => metrics.counter('a_total', 'A.', ['task']), isRefused);
});

test('two applications in a process do not share numbers', async () => {
  createPromMetrics({ prefix: '' }).counter('a_total', 'A.').add(5);
  const other = createPromMetrics({ prefix: '' });
  other.counter('a_total', 'A.').add(1);
  assert.match(await other.page(), /^a_total 1$/m);
});
