import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hasCode } from '../../topology/base/errors.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { StateDirectory } from '../directory/state-directory.ts';
import { crashSpecs } from '../testing/crash-specs.ts';
import { createRocksBackendFactory } from './rocksdb-backend.ts';

const root = mkdtempSync(join(tmpdir(), 'stepwright-crash-'));
after(() => rmSync(root, { recursive: true, force: true }));
const child = fileURLToPath(new URL('../testing/crash-child.js', import.meta.url));
const killCount = 25;

function openDirectory(): StateDirectory {
  return new StateDirectory({ directory: root, application: 'crash', backend: createRocksBackendFactory(), clock: createSystemClock() });
}

/** Runs the child until it flushed once, then for a random moment more, and kills it. */
async function runAndKill(firstCommit: number): Promise<void> {
  const running = spawn(process.execPath, [child, root, String(firstCommit)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(running, 'exit');
  await once(running.stdout, 'data');
  await wait(Math.random() * 60);
  running.kill('SIGKILL');
  const [, signal]: unknown[] = await exited;
  assert.equal(signal, 'SIGKILL', 'the child ran until it was killed');
}

/** Reads the position, and checks that every row is of that moment and none of a later one (K2). Returns the commit. */
async function checkMoment(): Promise<number> {
  const directory = openDirectory();
  const state = await directory.openTask({ taskId: '0_0', stores: Object.values(crashSpecs) });
  const commit = Number(state.position().metadata);
  assert.equal(state.position().changelogs.get('rows')?.nextOffset, BigInt(commit));
  assert.equal(state.store(crashSpecs.latest).get('commit'), commit);
  const rows = new Map(state.store(crashSpecs.rows).range(undefined, undefined));
  assert.equal(rows.size, Math.min(1_000, 150 + 50 * (commit + 1)));
  for (const [key, value] of rows) assert.equal(value, lastWriter(Number(key.slice(4)), commit), `${key} is of its last commit`);
  await state.close();
  directory.close();
  return commit;
}

/** The last commit up to `commit` that wrote row `index`: commit c writes 200 rows from c·50, modulo 1,000. */
function lastWriter(index: number, commit: number): number {
  for (let candidate = commit; candidate >= 0; candidate--) {
    if ((((index - candidate * 50) % 1_000) + 1_000) % 1_000 < 200) return candidate;
  }
  return -1;
}

test(`K2 K5 after each of ${killCount} SIGKILLs data and position are of one moment, and the stale lock is taken over`, async () => {
  let next = 0;
  for (let kill = 0; kill < killCount; kill++) {
    await runAndKill(next);
    const commit = await checkMoment();
    assert.ok(commit >= next, 'what was flushed before the kill is there');
    next = commit + 1;
  }
});

test('a second process on the same folder is refused with STATE_LOCKED while the first runs', async () => {
  const running = spawn(process.execPath, [child, root, '1000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(running, 'exit');
  await once(running.stdout, 'data');
  assert.throws(openDirectory, (error) => hasCode(error, 'STATE_LOCKED') && error.message.includes(`process ${running.pid}`));
  running.kill('SIGKILL');
  await exited;
  openDirectory().close();
});
