import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppHealth } from '../../topology/runtime/stream-app.ts';
import { ProcessHealth, type RunningParts } from './process-health.ts';

function appThat(state: AppHealth['state']): NonNullable<RunningParts['app']> {
  const health = { isAlive: true, isReady: state === 'running', isHealthy: state !== 'error', state };
  return { state: () => state, health: () => health };
}

const stoppedSink = { name: 'views', isHealthy: () => false };

test('a process is alive and not ready until all its parts run, and while it stops', () => {
  const health = new ProcessHealth();
  assert.deepEqual([health.alive(), health.notReady()], [true, ['starting']]);
  health.started({ app: appThat('rebalancing') });
  assert.deepEqual([health.notReady(), health.isHealthy()], [['tasks rebalancing'], true]);
  health.started({ app: appThat('running'), sinks: [stoppedSink] });
  assert.deepEqual([health.notReady(), health.isHealthy()], [['sink views'], false]);
  health.started({ app: appThat('running') });
  assert.deepEqual(health.notReady(), []);
  health.stopping();
  assert.deepEqual([health.alive(), health.notReady()], [true, ['stopping']]);
});

test('tasks that keep failing end a process, but not one whose gateway spools because the log is away', () => {
  const health = new ProcessHealth();
  health.started({ app: appThat('error') });
  assert.deepEqual([health.notReady(), health.isHealthy()], [['tasks error'], false]);
  let isAway = true;
  health.started({ app: appThat('error'), isLogAway: () => isAway });
  assert.deepEqual([health.notReady(), health.isHealthy()], [[], true]);
  isAway = false;
  assert.equal(health.isHealthy(), false);
});
