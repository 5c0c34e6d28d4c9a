/**
 * T1, K3, K5 with real processes: an app on the embedded log and RocksDB is killed with SIGKILL at random moments and started again on the
 * same folder. Allowed: work done again. Never: an output missing, doubled or changed; a store wiped; a whole changelog restored.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { openEmbeddedLog } from '../log/embedded/embedded-log.ts';
import type { OracleInput, TimedReport } from '../testing/sample-oracle.ts';
import { expectedReports } from '../testing/sample-oracle.ts';
import type { Report } from '../testing/sample-topology.ts';
import { TopicTail } from '../testing/topic-tail.ts';

const oracle: OracleInput = { recordCount: 30_000, keyCount: 300 };
const mostKills = 12;
/** Entries that may lie behind the last flush: the flush bound, and what two more commits fold while a flush runs. */
const longestTail = 4_000;

interface ChildEvent {
  readonly event: 'restored' | 'running' | 'done' | 'failed';
  readonly taskId?: string;
  readonly restoredCount?: number;
  readonly wiped?: string;
  readonly error?: string;
}

/** Starts the app; kills it `killAfterMs` after it runs, unless it was done before. */
async function runChild(directory: string, killAfterMs: number): Promise<readonly ChildEvent[]> {
  const program = join(import.meta.dirname, '../testing/kill-child.js');
  const child = spawn(process.execPath, [program, directory, String(oracle.recordCount), String(oracle.keyCount)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const events: ChildEvent[] = [];
  let killer: NodeJS.Timeout | undefined;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const event: ChildEvent = JSON.parse(line);
    events.push(event);
    if (event.event === 'running') killer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    if (event.event === 'done') clearTimeout(killer);
  }
  await exited;
  return events;
}

async function readReports(directory: string): Promise<ReadonlyMap<string, TimedReport[]>> {
  const log = await openEmbeddedLog({ directory: join(directory, 'log') });
  const tail = new TopicTail(
    log,
    [0, 1].map((partition) => ({ topic: 'reports', partition, nextOffset: 0n })),
  );
  const byKey = new Map<string, TimedReport[]>();
  for (const { key, value, timestampMs } of await tail.read(stringSerde, jsonSerde<Report>())) {
    if (value === null) continue;
    byKey.set(key, [...(byKey.get(key) ?? []), { ...value, timestampMs }]);
  }
  await log.close();
  return byKey;
}

test('T1 K3 K5 killed at random moments, an app on disk ends with the outputs of an undisturbed run', { timeout: 240_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-kill-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  let killCount = 0;
  const tails: number[] = [];
  for (let isDone = false; !isDone;) {
    const killAfterMs = killCount < mostKills ? 20 + Math.random() * 250 : 200_000;
    const events = await runChild(directory, killAfterMs);
    isDone = events.some(({ event }) => event === 'done');
    if (!isDone) killCount += 1;
    for (const event of events) {
      assert.notEqual(event.event, 'failed', event.error);
      if (event.event !== 'restored') continue;
      assert.equal(event.wiped, undefined, 'a killed process is no reason to wipe');
      tails.push(event.restoredCount ?? 0);
    }
  }
  t.diagnostic(`${killCount} kills; changelog entries restored per task and start: ${tails.join(', ')}`);
  assert.ok(killCount >= 3, `killed only ${killCount} times`);
  assert.ok(
    tails.every((count) => count <= longestTail),
    `only the tail is restored, not ${Math.max(...tails)} entries`,
  );
  const reports = await readReports(directory);
  for (let keyIndex = 0; keyIndex < oracle.keyCount; keyIndex += 1) {
    assert.deepEqual(reports.get(`key-${keyIndex}`), expectedReports(keyIndex, oracle), `key-${keyIndex}`);
  }
});
