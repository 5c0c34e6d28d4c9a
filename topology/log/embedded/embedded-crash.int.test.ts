/**
 * What the death of the process may do to an embedded log: lose a transaction whose commit had not resolved. What it may never do: lose an acked
 * one, keep half of one, or keep the position of one without its records.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openEmbeddedLog } from './embedded-log.ts';

const childPath = fileURLToPath(new URL(import.meta.resolve('./test-support/append-transactions.js')));
const killCount = 12;
const recordCount = 5;

test('after kill -9 at random moments every acked transaction is whole and none is half there', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-crash-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  let lastAcked = 0;
  for (let round = 0; round < killCount; round++) {
    lastAcked = await runAndKill(directory, Math.random() * 150);
    const found = await readBack(directory);
    t.diagnostic(`round ${round}: acked ${lastAcked}, found ${found}`);
    assert.ok(found >= lastAcked, `${lastAcked} was acked, only ${found} are there`);
    assert.ok(found <= lastAcked + 5, `${found} are there, but only ${lastAcked} were acked and one can be under way`);
  }
  assert.ok(lastAcked > killCount, 'the child wrote something in every round');
});

test('a write that RocksDB could not finish is refused whole, and the same commit succeeds once the log has opened its files anew', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-full-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  // No file may grow beyond 512 KiB: the WAL runs into it in the middle of a transaction, as it would into the end of a disk.
  const child = spawn('bash', ['-c', `ulimit -f 512 && exec "${process.execPath}" "${childPath}" "${directory}" 20 3000`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const outcome = outcomeOf(child);
  await new Promise<void>((resolve) => {
    let isRefused = false;
    child.on('message', (message) => {
      if (typeof message !== 'object' || message === null) return;
      if ('refused' in message) isRefused = true;
      else if (isRefused || 'failed' in message) resolve();
    });
  });
  child.kill('SIGKILL');
  const { lastAcked, failed } = await outcome;
  assert.equal(failed, undefined);
  const found = await readBack(directory, 20);
  assert.ok(found === lastAcked || found === lastAcked + 1, `acked ${lastAcked}, found ${found}`);
});

async function runAndKill(directory: string, afterMs: number): Promise<number> {
  const child = fork(childPath, [directory, `${recordCount}`, '200']);
  const outcome = outcomeOf(child);
  await new Promise((resolve) => child.once('message', resolve));
  await setTimeout(afterMs);
  child.kill('SIGKILL');
  const { lastAcked, failed } = await outcome;
  assert.equal(failed, undefined);
  return lastAcked;
}

interface Outcome {
  readonly lastAcked: number;
  readonly failed: string | undefined;
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let lastAcked = 0;
  let failed: string | undefined;
  child.on('message', (message) => {
    if (typeof message !== 'object' || message === null) return;
    if ('acked' in message) lastAcked = Number(message.acked);
    if ('failed' in message) failed = String(message.failed);
  });
  return new Promise((resolve) => {
    child.once('close', () => resolve({ lastAcked, failed }));
  });
}

/** Checks that each number is in every partition as often as it was sent, without a gap, and answers with the last. */
async function readBack(directory: string, count = recordCount): Promise<number> {
  const log = await openEmbeddedLog({ directory, minFreeBytes: 0 });
  const partitions = [0, 1, 2].map((partition) => ({ topic: 'numbers', partition }));
  const [committed] = await log.committed('writer', partitions);
  const last = Number(committed?.nextOffset ?? 0n);
  const expected = Array.from({ length: last * count }, (_, index) => Math.floor(index / count) + 1);
  for (const at of partitions) {
    const numbers: number[] = [];
    const reader = await log.openReader({ from: [{ ...at, nextOffset: 0n }] });
    for (let batches = await reader.poll({ maxWaitMs: 0 }); batches.length > 0; batches = await reader.poll({ maxWaitMs: 0 })) {
      for (const { records } of batches) for (const record of records) numbers.push(record.timestampMs);
    }
    assert.deepEqual(numbers, expected, `partition ${at.partition}`);
  }
  await log.close();
  return last;
}
