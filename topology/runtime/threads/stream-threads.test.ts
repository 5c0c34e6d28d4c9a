import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import type { RestoreProgress } from '../restore-driver.ts';
import { startStreamThreads, type StreamThreads } from './stream-threads.ts';
import type { FakeThread } from './test-support/fake-thread-app.ts';

const module = new URL('./test-support/fake-thread-app.js', import.meta.url);

async function start(behaviours: readonly FakeThread[], failures: string[] = []): Promise<StreamThreads> {
  return startStreamThreads({ module, threadCount: behaviours.length, data: behaviours, onFailed: (message) => failures.push(message) });
}

test('the threads of a process are one app from outside: health, tasks and metrics of all, told apart by thread', async () => {
  const threads = await start(['runs', 'runs']);
  assert.deepEqual(threads.health(), { isAlive: true, isReady: true, isHealthy: true, state: 'running' });
  assert.deepEqual(
    new Map((await threads.tasks()).map(({ taskId, inputs }) => [taskId, inputs[0]?.endOffset])),
    new Map([
      ['0_0', 9n],
      ['0_1', 9n],
    ]),
  );
  const page = await threads.metricsText();
  assert.match(page, /^stepwright_process_total\{task="0_0",thread="0"\} 1$/m);
  assert.match(page, /^stepwright_process_total\{task="0_1",thread="1"\} 2$/m);
  assert.equal(page.split('\n').filter((line) => line.startsWith('# TYPE stepwright_process_total')).length, 1);
  assert.equal(page.split('\n').filter((line) => line.startsWith('stepwright_task_created_total{')).length, 2);
  await threads.close();
  assert.equal(threads.state(), 'closed');
});

test('a process is ready when all its threads are, and unhealthy when one keeps failing, which is told', async () => {
  const waiting = await start(['runs', 'restores']);
  assert.deepEqual([waiting.state(), waiting.health().isReady, waiting.health().isHealthy], ['rebalancing', false, true]);
  await waiting.close();
  const failures: string[] = [];
  const failing = await start(['runs', 'fails'], failures);
  assert.deepEqual([failing.state(), failing.health().isHealthy], ['error', false]);
  assert.deepEqual(failures, ['thread 1: task 0_1: it fails']);
  await failing.close();
});

test('a thread that crashes makes the process unhealthy for good, and is told; the others go on and can be closed', async () => {
  const failures: string[] = [];
  const threads = await start(['runs', 'crashes'], failures);
  while (threads.health().isHealthy) await new Promise(setImmediate);
  assert.deepEqual([threads.state(), threads.health().isAlive], ['error', false]);
  assert.deepEqual(failures, ['thread 1: nobody foresaw this', 'thread 1 ended; its tasks go to other members after the session timeout']);
  assert.deepEqual(
    (await threads.tasks()).map(({ taskId }) => taskId),
    ['0_0'],
  );
  await threads.close();
  assert.equal(threads.state(), 'closed');
});

test('a thread that cannot start is refused by its code, and no other is left running', async () => {
  await assert.rejects(start(['runs', 'refuses']), (error: unknown) => hasCode(error, 'STATE_LOCKED'));
  const noFactory = new URL('./thread-messages.js', import.meta.url);
  await assert.rejects(startStreamThreads({ module: noFactory, threadCount: 1 }), /must export a function createThreadApp/);
});

test('how a restore goes on in a thread is told where the threads were started', async () => {
  const seen: RestoreProgress[] = [];
  const data: readonly FakeThread[] = ['runs', 'restores'];
  const threads = await startStreamThreads({ module, threadCount: 2, data, onRestore: (progress) => seen.push(progress) });
  assert.deepEqual(
    seen.map(({ taskId, restoredCount, remainingCount, wiped }) => [taskId, restoredCount, remainingCount, wiped]),
    [['0_1', 7, 3, 'topic-recreated']],
  );
  await threads.close();
});
