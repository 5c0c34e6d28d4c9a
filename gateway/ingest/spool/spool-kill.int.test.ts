import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { openEmbeddedLog } from '../../../topology/log/embedded/embedded-log.ts';
import { Spool } from './spool.ts';

const child = fileURLToPath(new URL('../../test-support/spool-child.js', import.meta.url));

interface Life {
  /** Highest number that was acked. */
  readonly acked: number;
  /** Highest number that had left for the log. */
  readonly left: number;
}

/** Lets the child work until it has acked `untilCount` more records, then kills it with no warning. */
async function killedAfter(directory: string, before: Life, untilCount: number): Promise<Life> {
  const process = spawn(globalThis.process.execPath, [child, directory, String(Math.max(before.acked, before.left))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of process.stdout.setEncoding('utf8')) {
    text += String(chunk);
    if (text.split('\n').filter((line) => /^\d+$/.test(line)).length >= untilCount) process.kill('SIGKILL');
  }
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
  assert.equal(process.signalCode, 'SIGKILL', text.slice(-500));
  // The last line may be cut off: what was not said was not acked.
  const lines = text.split('\n').slice(0, -1);
  const numbers = lines.map(Number).filter((number) => Number.isSafeInteger(number));
  return {
    acked: Math.max(before.acked, ...numbers),
    left: Math.max(before.left, ...numbers.filter((number) => number < 0).map((number) => -number)),
  };
}

test('Q1, Q2: a spool that is killed at any moment has every record that it acked and that had not left, once and in order', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-spool-'));
  try {
    let life: Life = { acked: 0, left: 0 };
    for (const untilCount of [1, 7, 23, 40]) {
      life = await killedAfter(directory, life, untilCount);
      const log = await openEmbeddedLog({ directory, sync: 'always', clock: createSystemClock() });
      const standing: number[] = [];
      const spool = await Spool.open({ log, maxBytes: 1 << 26 }, ({ topic, partition, value }) => {
        assert.deepEqual([topic, partition], ['capture.events.v1', 3]);
        standing.push(Number(value?.toString()));
      });
      const first = standing[0] ?? life.acked + 1;
      assert.ok(first <= life.left + 1, `record ${life.left + 1} was acked and is gone`);
      assert.ok((standing.at(-1) ?? first - 1) >= life.acked, `record ${life.acked} was acked and is gone`);
      assert.deepEqual(
        standing,
        Array.from({ length: standing.length }, (_, index) => first + index),
      );
      assert.equal(spool.isEmpty, standing.length === 0);
      await spool.close();
      await log.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
