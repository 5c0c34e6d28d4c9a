import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SinkTarget } from '../../sinks/runner/sink-target.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { createMemoryLog } from '../../topology/log/memory/memory-log.ts';
import { Failures } from './failures.ts';
import { forgetSession } from './forget.ts';
import { startSink, type SinkHandle } from './sink-handle.ts';

/** A sink whose target throws as soon as it is asked where it stands. */
async function stopped(error: Error): Promise<{ readonly handle: SinkHandle; readonly failures: readonly string[] }> {
  const target: SinkTarget<string> = {
    name: 'analytics',
    topics: ['letters'],
    decode: () => undefined,
    positions: () => Promise.reject(error),
    apply: async () => {},
    forget: () => Promise.reject(error),
    close: async () => {},
  };
  const failures = new Failures();
  const clock = createSystemClock({ keepsAlive: true });
  const handle = startSink(
    {
      log: createMemoryLog({ clock }),
      clock,
      random: () => 0,
      logger: silentLogger,
      metrics: silentMetrics,
      deadLetters: async () => {},
      failures,
    },
    target,
  );
  await assert.rejects(handle.whenApplied([{ topic: 'letters', partition: 0, nextOffset: 1n }]));
  return { handle, failures: failures.messages() };
}

test('an analytics engine that does not load here is off and keeps nothing else from being ready; any other stop is a failure', async () => {
  const off = await stopped(new StepwrightError('ANALYTICS_OFF', 'The engine does not load on this machine.'));
  assert.deepEqual([off.handle.isHealthy(), off.failures], [true, []]);
  const failed = await stopped(new StepwrightError('ANALYTICS_FAILED', 'The schema is of a newer version.'));
  assert.deepEqual([failed.handle.isHealthy(), failed.failures], [false, ['sink analytics: The schema is of a newer version.']]);
  await off.handle.close();
  await failed.handle.close();
});

test('a sink that cannot forget now does not keep a session in the others, and is told', async () => {
  const forgotten: string[] = [];
  const sink = (name: string, isBroken = false): Pick<SinkHandle, 'name' | 'forget'> => ({
    name,
    forget: async (tenantId, sessionId) => {
      if (isBroken) throw new StepwrightError('ANALYTICS_FAILED', 'not now', { disposition: 'retry' });
      forgotten.push(`${name} ${tenantId}/${sessionId}`);
      return 1;
    },
  });
  const keyring = {
    peek: () => undefined,
    keyFor: () => Buffer.alloc(32),
    hmacKeyFor: () => Buffer.alloc(32),
    destroy: async () => true,
  };
  await assert.rejects(forgetSession({ keyring }, [sink('views'), sink('analytics', true), sink('guides')], ['acme', 's1']), /not now/);
  assert.deepEqual(forgotten, ['views acme/s1', 'guides acme/s1']);
});
