import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../base/clock.ts';
import { hasCode, StepwrightError } from '../../../base/errors.ts';
import { brokerError, BrokerError, toLogError } from '../kafka-errors.ts';
import { retrying } from './retry.ts';

/** Runs every timer at once and writes down how long it would have taken. */
function hastyClock(): { readonly clock: Clock; readonly waitsMs: number[] } {
  const waitsMs: number[] = [];
  let nowMs = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer: (delayMs, callback) => {
      waitsMs.push(delayMs);
      nowMs += delayMs;
      queueMicrotask(callback);
      return () => {};
    },
  };
  return { clock, waitsMs };
}

function failing(count: number, error: () => Error): () => Promise<string> {
  let left = count;
  return async () => {
    if (left-- > 0) throw error();
    return 'done';
  };
}

test('a transaction that is still ending is asked again after 5 ms, then 10, 20, at most 40', async () => {
  const { clock, waitsMs } = hastyClock();
  const attempt = failing(6, () => brokerError(51, 'AddPartitionsToTxn'));
  assert.equal(await retrying(attempt, { clock, withinMs: 1000, doing: 'AddPartitionsToTxn' }), 'done');
  assert.deepEqual(waitsMs, [5, 10, 20, 40, 40, 40]);
});

test('a moved coordinator is looked up again before the next attempt', async () => {
  const { clock } = hastyClock();
  const kinds: string[] = [];
  const options = { clock, withinMs: 1000, doing: 'EndTxn', onRetry: (error: BrokerError) => void kinds.push(error.kind) };
  await retrying(
    failing(1, () => brokerError(16, 'EndTxn')),
    options,
  );
  assert.deepEqual(kinds, ['moved']);
});

test('a look-up that fails while the broker is away is tried again with the rest', async () => {
  const { clock } = hastyClock();
  const lookUp = failing(3, () => new BrokerError('connection refused', 'network'));
  const options = { clock, withinMs: 10_000, doing: 'Metadata', onRetry: async () => void (await lookUp()) };
  assert.equal(
    await retrying(
      failing(1, () => new BrokerError('no answer', 'network')),
      options,
    ),
    'done',
  );
});

test('a coordinator that still loads is waited for in a time of its own, also when the broker was away for most of the other', async () => {
  const { clock, waitsMs } = hastyClock();
  const answers = [
    () => new BrokerError('no answer', 'network'),
    ...Array.from({ length: 20 }, () => () => brokerError(14, 'InitProducerId')),
  ];
  const attempt = async (): Promise<string> => {
    const answer = answers.shift();
    if (answer === undefined) return 'done';
    throw answer();
  };
  assert.equal(await retrying(attempt, { clock, withinMs: 600, loadsWithinMs: 30_000, doing: 'InitProducerId' }), 'done');
  assert.ok(waitsMs.reduce((sum, ms) => sum + ms, 0) > 600);
});

test('time spent on loading is not taken from the time for a broker that is away', async () => {
  const { clock } = hastyClock();
  const answers = [
    ...Array.from({ length: 20 }, () => brokerError(14, 'EndTxn')),
    ...Array.from({ length: 2 }, () => new BrokerError('no answer', 'network')),
  ];
  const attempt = async (): Promise<string> => {
    const answer = answers.shift();
    if (answer === undefined) return 'done';
    throw answer;
  };
  assert.equal(await retrying(attempt, { clock, withinMs: 3_000, loadsWithinMs: 30_000, doing: 'EndTxn' }), 'done');
});

test('a coordinator that loads for ever is given up', async () => {
  const { clock, waitsMs } = hastyClock();
  const call = retrying(
    failing(1000, () => brokerError(14, 'InitProducerId')),
    { clock, withinMs: 100, loadsWithinMs: 5_000, doing: 'InitProducerId' },
  );
  await assert.rejects(call, (error) => hasCode(toLogError(error), 'LOG_UNAVAILABLE'));
  assert.ok(waitsMs.reduce((sum, ms) => sum + ms, 0) >= 5_000);
});

test('when the time is over the last failure is thrown', async () => {
  const { clock, waitsMs } = hastyClock();
  const attempt = failing(1000, () => new BrokerError('no answer', 'network'));
  await assert.rejects(retrying(attempt, { clock, withinMs: 300, doing: 'Produce' }), (error) => error instanceof BrokerError);
  assert.ok(waitsMs.reduce((sum, ms) => sum + ms, 0) >= 300);
});

for (const [code, kind] of [
  [47, 'fenced'],
  [48, 'fenced'],
  [90, 'fenced'],
  [22, 'stale'],
  [25, 'stale'],
  [82, 'replaced'],
  [1, 'range'],
  [29, 'denied'],
  [87, 'fatal'],
] as const) {
  test(`error ${code} means ${kind} and is not tried again`, async () => {
    const { clock, waitsMs } = hastyClock();
    const call = retrying(
      failing(1, () => brokerError(code, 'a request')),
      { clock, withinMs: 1000, doing: 'a request' },
    );
    await assert.rejects(call, (error) => error instanceof BrokerError && error.kind === kind);
    assert.deepEqual(waitsMs, []);
  });
}

test('what leaves the adapter is a StepwrightError: retry for what passes, fatal for the rest', () => {
  const unavailable = toLogError(new BrokerError('no answer', 'network'));
  assert.ok(hasCode(unavailable, 'LOG_UNAVAILABLE') && unavailable.disposition === 'retry');
  const refused = toLogError(brokerError(87, 'Produce'));
  assert.ok(hasCode(refused, 'LOG_FAILED') && refused.disposition === 'fatal');
  const own = new StepwrightError('LOG_TOPIC_UNKNOWN', 'topic "x" is not there');
  assert.equal(toLogError(own), own);
});
