import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TitleRequest } from '../../schemas/types/usage.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { answerChunk, createModelWorker, type ModelWorkerOptions } from './model-worker.ts';

const request: TitleRequest = { requestId: '1.abc', tenantId: 't', sessionId: 's', stepId: 'x', prompt: 'a prompt' };
const signal = new AbortController().signal;

/** A model that answers from a list (an Error is thrown), and a clock that only waiting moves. */
function workerOf(answers: readonly (string | Error)[], options: Partial<ModelWorkerOptions> = {}) {
  const asked: string[] = [];
  const clock = { nowMs: 0 };
  const worker = createModelWorker({
    model: {
      name: 'fake',
      title: async ({ prompt }) => {
        const answer = answers[asked.length] ?? 'Last answer';
        asked.push(prompt);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    time: {
      nowMs: () => clock.nowMs,
      wait: async (delayMs) => {
        clock.nowMs += delayMs;
      },
    },
    perMinuteCount: 6000,
    cacheCount: 2,
    attemptCount: 3,
    ...options,
  });
  return { worker, asked, clock };
}

test('an answer names its request and becomes a fact of the session', async () => {
  const { worker } = workerOf(['Save the record.']);
  const answer = await worker.answer(request, signal);
  assert.deepEqual(answer, { requestId: '1.abc', stepId: 'x', title: 'Save the record', model: 'fake' });
  assert.ok(answer);
  assert.equal(answerChunk(request, answer, 5).events[0]?.kind, 'title.answer');
});

test('the same question of a tenant is asked once; another tenant does not see the answer', async () => {
  const { worker, asked } = workerOf(['One', 'Two']);
  await worker.answer(request, signal);
  assert.equal((await worker.answer({ ...request, requestId: '2.abc' }, signal))?.title, 'One');
  assert.equal((await worker.answer({ ...request, tenantId: 'u' }, signal))?.title, 'Two');
  assert.equal(asked.length, 2);
});

test('the cache is bounded, the oldest answer goes first', async () => {
  const { worker, asked } = workerOf([]);
  for (const prompt of ['a', 'b', 'c', 'a']) await worker.answer({ ...request, prompt }, signal);
  assert.deepEqual(asked, ['a', 'b', 'c', 'a']);
});

test('questions keep the pace', async () => {
  const { worker, clock } = workerOf([], { perMinuteCount: 60 });
  for (const prompt of ['a', 'b', 'c']) await worker.answer({ ...request, prompt }, signal);
  assert.equal(clock.nowMs, 2000);
});

test('what may pass is tried again with a growing wait, all else leaves the rule in place', async () => {
  const busy = new StepwrightError('ASYNC_FAILED', 'busy', { disposition: 'retry' });
  const refused = new StepwrightError('ASYNC_FAILED', 'refused', { disposition: 'dead-letter' });
  assert.equal((await workerOf([busy, busy, 'Done at last']).worker.answer(request, signal))?.title, 'Done at last');
  const tired = workerOf([busy, busy, busy, busy]);
  assert.equal(await tired.worker.answer(request, signal), undefined);
  assert.equal(tired.asked.length, 3);
  assert.equal(await workerOf([refused]).worker.answer(request, signal), undefined);
  assert.equal(await workerOf([new Error('of a client')]).worker.answer(request, signal), undefined);
});

test('an answer that is no title is none', async () => {
  for (const answer of ['', '<b>Click</b>', 'x'.repeat(500)])
    assert.equal(await workerOf([answer]).worker.answer(request, signal), undefined);
});

test('text is scrubbed once more before it leaves', async () => {
  const { worker, asked } = workerOf([], { scrub: (text) => text.replace('prompt', '[name]') });
  await worker.answer(request, signal);
  assert.deepEqual(asked, ['a [name]']);
});
