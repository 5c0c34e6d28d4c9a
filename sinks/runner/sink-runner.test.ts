import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeadLetter } from '../../schemas/types/usage.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { TopicPartitionOffset } from '../../topology/log/log.ts';
import type { MemoryLog } from '../../topology/log/memory/memory-log.ts';
import { createMemoryLog } from '../../topology/log/memory/memory-log.ts';
import { backoffDelayMs } from '../../topology/base/backoff.ts';
import { SinkRunner } from './sink-runner.ts';
import type { SinkRunnerOptions } from './sink-runner.ts';
import type { SinkBatch, SinkTarget, SourceRange } from './sink-target.ts';

const topic = 'letters';

/** Collects texts; every behaviour of a target can be changed. */
class RecordingTarget implements SinkTarget<string> {
  readonly name = 'recording';
  readonly topics = [topic];
  readonly batches: SinkBatch<string>[] = [];
  stored: readonly TopicPartitionOffset[] = [];
  planned: readonly SourceRange[] = [];
  onApply: (batch: SinkBatch<string>) => void = () => {};

  decode(_topic: string, { value }: { readonly value: Buffer | null }): string | undefined {
    return value?.toString();
  }
  async positions(): Promise<readonly TopicPartitionOffset[]> {
    return this.stored;
  }
  async plannedRanges(): Promise<readonly SourceRange[]> {
    return this.planned;
  }
  async apply(batch: SinkBatch<string>): Promise<void> {
    this.onApply(batch);
    this.batches.push(batch);
  }
  async forget(): Promise<number> {
    return 0;
  }
  async close(): Promise<void> {}

  get rows(): readonly string[] {
    return this.batches.flatMap(({ rows }) => rows.map(({ row }) => row));
  }
}

/** Records the delays asked for and fires at once. */
function impatientClock(delaysMs: number[] = []): Clock {
  return {
    ...createSystemClock(),
    setTimer: (delayMs, callback) => {
      delaysMs.push(delayMs);
      const timer = setImmediate(callback);
      return () => clearImmediate(timer);
    },
  };
}

async function logWith(values: readonly string[]): Promise<MemoryLog> {
  const log = createMemoryLog({ clock: impatientClock() });
  await log.createTopics([{ name: topic, partitionCount: 1 }]);
  await append(log, values);
  return log;
}

async function append(log: MemoryLog, values: readonly string[]): Promise<void> {
  const producer = await log.openProducer();
  for (const value of values) await producer.send([{ topic, partition: 0, key: null, value: Buffer.from(value), timestampMs: 0 }]);
  await producer.close();
}

interface Started {
  readonly runner: SinkRunner<string>;
  readonly letters: DeadLetter[];
  readonly delaysMs: number[];
}

function start(log: MemoryLog, target: RecordingTarget, change: Partial<SinkRunnerOptions<string>> = {}): Started {
  const letters: DeadLetter[] = [];
  const delaysMs: number[] = [];
  const deadLetters = async (more: readonly DeadLetter[]): Promise<void> => void letters.push(...more);
  const clock = impatientClock(delaysMs);
  const runner = new SinkRunner<string>({ log, target, clock, random: () => 0.5, deadLetters, lingerMs: 0, ...change });
  runner.start();
  return { runner, letters, delaysMs };
}

const upTo = (nextOffset: bigint): readonly TopicPartitionOffset[] => [{ topic, partition: 0, nextOffset }];

describe('the sink runner', () => {
  it('starts at the stored position and hands over ranges without holes', async () => {
    const log = await logWith(['a', 'b', 'c', 'd']);
    const target = new RecordingTarget();
    target.stored = upTo(1n);
    const { runner } = start(log, target, { batchRows: 1 });
    await runner.whenApplied(upTo(4n));
    await append(log, ['e']);
    await runner.whenApplied(upTo(5n));
    await runner.close();
    assert.deepEqual(target.rows, ['b', 'c', 'd', 'e']);
    const ranges = target.batches.flatMap((batch) => batch.ranges);
    assert.equal(ranges[0]?.fromOffset, 1n);
    for (let at = 1; at < ranges.length; at++) assert.equal(ranges[at]?.fromOffset, ranges[at - 1]?.nextOffset);
  });

  it('applies a planned batch again with exactly its ranges before anything else (S4)', async () => {
    const log = await logWith(['a', 'b', 'c', 'd']);
    const target = new RecordingTarget();
    target.planned = [{ topic, partition: 0, fromOffset: 1n, nextOffset: 3n }];
    target.stored = upTo(3n);
    const { runner } = start(log, target);
    await runner.whenApplied(upTo(4n));
    await runner.close();
    assert.deepEqual(
      target.batches.map(({ rows }) => rows.map(({ row }) => row)),
      [['b', 'c'], ['d']],
    );
    assert.deepEqual(target.batches[0]?.ranges, target.planned);
  });

  it('applies a planned batch whose range ends in aborted records, which nobody hands out (S4)', async () => {
    const log = await logWith(['a', 'b']);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([{ topic, partition: 0, key: null, value: Buffer.from('aborted'), timestampMs: 0 }]);
    await sink.abort();
    const target = new RecordingTarget();
    // The aborted record and its marker are offsets 2 and 3.
    target.planned = [{ topic, partition: 0, fromOffset: 2n, nextOffset: 4n }];
    target.stored = upTo(4n);
    const { runner } = start(log, target);
    await runner.whenApplied(upTo(4n));
    await append(log, ['c']);
    await runner.whenApplied(upTo(5n));
    await runner.close();
    assert.deepEqual(
      target.batches.map(({ rows }) => rows.map(({ row }) => row)),
      [[], ['c']],
    );
    assert.deepEqual(target.batches[0]?.ranges, target.planned);
  });

  it('reads everything again when the log is behind the target, and says so', async () => {
    const log = await logWith(['a', 'b']);
    const target = new RecordingTarget();
    target.stored = upTo(99n);
    const { runner } = start(log, target);
    await runner.whenApplied(upTo(2n));
    await runner.close();
    assert.deepEqual(target.rows, ['a', 'b']);
  });

  it('waits longer after each failure, with jitter, and never skips the batch (S2)', async () => {
    const log = await logWith(['a', 'b']);
    const target = new RecordingTarget();
    let failures = 4;
    target.onApply = () => {
      if (failures-- > 0) throw new StepwrightError('SINK_FAILED', 'Not now.', { disposition: 'retry' });
    };
    const { runner, delaysMs } = start(log, target, { firstRetryMs: 100, maxRetryMs: 300 });
    await runner.whenApplied(upTo(2n));
    await runner.close();
    assert.deepEqual(target.rows, ['a', 'b']);
    assert.deepEqual(delaysMs.slice(0, 4), [50, 100, 150, 150]);
  });

  it('finds the one row that the target refuses, keeps the order of the rest, and moves the position last (S3)', async () => {
    const log = await logWith(['a', 'b', 'poison', 'c', 'd']);
    const target = new RecordingTarget();
    target.onApply = ({ rows }) => {
      if (rows.some(({ row }) => row === 'poison')) throw new StepwrightError('SINK_FAILED', 'Refused.', { disposition: 'dead-letter' });
    };
    const { runner, letters } = start(log, target);
    await runner.whenApplied(upTo(5n));
    await runner.close();
    assert.deepEqual(target.rows, ['a', 'b', 'c', 'd']);
    assert.deepEqual(
      letters.map(({ offset, node, code }) => [offset, node, code]),
      [[2, 'sink-recording', 'SINK_FAILED']],
    );
    const withRanges = target.batches.filter(({ ranges }) => ranges.length > 0);
    assert.deepEqual(
      withRanges.map(({ rows, ranges }) => [rows.length, ranges[0]?.nextOffset]),
      [[0, 5n]],
    );
  });

  it('passes over the records of a deleted session, counted, without a letter (S3)', async () => {
    const log = await logWith(['a', 'void', 'b']);
    const target = new RecordingTarget();
    const decode = target.decode.bind(target);
    target.decode = (name, record) => {
      const text = decode(name, record);
      if (text === 'void') throw new StepwrightError('SEAL_KEY_GONE', 'deleted', { disposition: 'drop' });
      return text;
    };
    const { runner, letters } = start(log, target);
    await runner.whenApplied(upTo(3n));
    await runner.close();
    assert.deepEqual([target.rows, letters], [['a', 'b'], []]);
  });

  it('stops on an unknown error, says why to who waits, and stays stopped', async () => {
    const log = await logWith(['a']);
    const target = new RecordingTarget();
    target.onApply = () => {
      throw new TypeError('a mistake');
    };
    const failures: unknown[] = [];
    const { runner } = start(log, target, { onFailed: (error) => failures.push(error) });
    await assert.rejects(runner.whenApplied(upTo(1n)), (error) => hasCode(error, 'SINK_FAILED') && /a mistake/.test(error.message));
    assert.equal(runner.isHealthy, false);
    assert.equal(failures.length, 1);
    await runner.close();
  });

  it('waits for topics that nobody created yet', async () => {
    const log = createMemoryLog({ clock: impatientClock() });
    const target = new RecordingTarget();
    const { runner, delaysMs } = start(log, target);
    await new Promise((resolve) => setImmediate(resolve));
    await log.createTopics([{ name: topic, partitionCount: 1 }]);
    await append(log, ['a']);
    await runner.whenApplied(upTo(1n));
    await runner.close();
    assert.ok(delaysMs.length > 0);
    assert.deepEqual(target.rows, ['a']);
  });

  it('waits no longer for a log that fails now and then than for one that fails once', async () => {
    const log = await logWith([]);
    const delaysMs: number[] = [];
    let failsNext = false;
    const openReader: MemoryLog['openReader'] = async (options) => {
      const reader = await log.openReader(options);
      const poll: typeof reader.poll = async (wanted) => {
        if (!failsNext) return reader.poll(wanted);
        failsNext = false;
        throw new StepwrightError('LOG_CLOSED', 'Not now.', { disposition: 'retry' });
      };
      return { poll, position: (at) => reader.position(at), close: () => reader.close() };
    };
    const failing = new Proxy(log, {
      get: (from, name) => {
        const member: unknown = name === 'openReader' ? openReader : Reflect.get(from, name);
        return typeof member === 'function' ? member.bind(from) : member;
      },
    });
    const { runner } = start(failing, new RecordingTarget(), { clock: impatientClock(delaysMs), random: () => 0.999, firstRetryMs: 100 });
    for (let round = 1; round <= 6; round += 1) {
      await append(log, ['a']);
      await runner.whenApplied(upTo(BigInt(round)));
      failsNext = true;
      while (delaysMs.length < round) await new Promise(setImmediate);
    }
    await runner.close();
    assert.deepEqual(delaysMs, [100, 100, 100, 100, 100, 100]);
  });

  it('keeps the key of a record for the letter of a refused row, and nothing of it for a target that refuses none', async () => {
    const log = await logWith(['a']);
    const refusing = new RecordingTarget();
    const taking = Object.assign(new RecordingTarget(), { refusesRows: false as const });
    for (const target of [refusing, taking]) {
      const { runner } = start(log, target);
      await runner.whenApplied(upTo(1n));
      await runner.close();
    }
    assert.deepEqual(
      [refusing, taking].map(({ batches }) => batches[0]?.rows.map((row) => 'key' in row)),
      [[true], [false]],
    );
  });

  it('tells its lag while its target fails, not only after a batch that stands', async () => {
    const log = await logWith(['a', 'b', 'c']);
    const target = new RecordingTarget();
    const tried = new Promise<void>((resolve) => {
      target.onApply = () => {
        resolve();
        throw new StepwrightError('SINK_FAILED', 'Not now.', { disposition: 'retry' });
      };
    });
    const lags: number[] = [];
    const metrics: Metrics = {
      ...silentMetrics,
      gauge: (name) => ({ set: (value) => void (name === 'sink_lag_records' && lags.push(value)), remove: () => {} }),
    };
    const { runner } = start(log, target, { metrics });
    await tried;
    await runner.measureLag();
    await runner.close();
    assert.deepEqual(lags, [3]);
  });

  it('gives up a failing batch when it is closed, and closes twice without harm', async () => {
    const log = await logWith(['a']);
    const target = new RecordingTarget();
    const tried = new Promise<void>((resolve) => {
      target.onApply = () => {
        resolve();
        throw new StepwrightError('SINK_FAILED', 'Not now.', { disposition: 'retry' });
      };
    });
    const { runner } = start(log, target);
    await tried;
    await runner.close();
    await runner.close();
    assert.deepEqual(target.batches, []);
  });
});

describe('back-off', () => {
  it('doubles its ceiling up to the bound and spreads below it', () => {
    const options = { random: () => 0.999, firstDelayMs: 100, maxDelayMs: 1000 };
    assert.deepEqual(
      [1, 2, 3, 4, 5, 50].map((attempt) => backoffDelayMs(attempt, options)),
      [100, 200, 400, 800, 999, 999],
    );
    assert.equal(backoffDelayMs(3, { ...options, random: () => 0 }), 0);
  });
});
