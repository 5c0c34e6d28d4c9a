import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('./keyring-child.js', import.meta.url));

interface ChildResult {
  readonly signal: string | undefined;
  /** Digest of the key by session. */
  readonly keys: ReadonlyMap<string, string>;
}

function runChild(...args: readonly string[]): Promise<ChildResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [child, ...args], (error, stdout) => {
      const lines = stdout.trim().split('\n').filter(Boolean);
      const keys = new Map(lines.map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']));
      resolve({ signal: error?.signal ?? undefined, keys });
    });
  });
}

function folder(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'keyring-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('three processes that mint the same 40 keys at once agree on every one', async (context) => {
  const directory = folder(context);
  const results = await Promise.all([1, 2, 3].map(() => runChild(directory, '40')));
  for (const result of results) {
    assert.equal(result.keys.size, 40);
    assert.deepEqual(result.keys, results[0]?.keys);
  }
});

for (const point of ['mint.before-link', 'mint.linked'] as const) {
  test(`kill -9 at ${point}: no key that was handed out changes, and the rest can be minted`, async (context) => {
    const directory = folder(context);
    const killed = await runChild(directory, '10', point, '4');
    assert.equal(killed.signal, 'SIGKILL');
    assert.ok(killed.keys.size > 0 && killed.keys.size < 10);
    const restarted = await runChild(directory, '10');
    assert.equal(restarted.keys.size, 10);
    for (const [session, digest] of killed.keys) assert.equal(restarted.keys.get(session), digest);
    assert.deepEqual((await runChild(directory, '10')).keys, restarted.keys);
  });
}
