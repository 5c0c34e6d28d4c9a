import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../main.ts';

const folder = await mkdtemp(join(tmpdir(), 'stepwright-start-'));
const alive = setInterval(() => {}, 1_000);
after(() => {
  clearInterval(alive);
  return rm(folder, { recursive: true, force: true });
});

async function start(...args: readonly string[]): Promise<{ readonly code: number; readonly err: string }> {
  let err = '';
  const context = { env: {}, stdout: () => {}, stderr: (text: string) => void (err += text), stopped: new AbortController().signal };
  const fixed = ['--data', folder, '--demo', 'never', '--no-stay', '--no-analytics'];
  return { code: await runCommandLine(['start', ...fixed, ...args], context), err };
}

test('a taken port is named with the flag that changes it', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const { code, err } = await start('--port', String(port));
  other.close();
  assert.equal(code, 1);
  assert.match(err, new RegExp(`port ${port} of 127.0.0.1 is taken; choose another with --port \\(PORT_TAKEN\\)`));
});

test('an address that is not of this machine is refused, naming the flag', async () => {
  const { code, err } = await start('--port', '0', '--host', '192.0.2.1');
  assert.equal(code, 2);
  assert.match(err, /--host: 192\.0\.2\.1 is no address of this machine \(CONFIG_INVALID\)/);
});

test('stray words and origins that are none are refused before anything starts', async () => {
  assert.match((await start('again')).err, /start takes options only, not "again"/);
  assert.match((await start('--public-url', 'https://guides.example.com/app')).err, /--public-url: .*is no address like https/);
  assert.match((await start('--allow-origins', 'app.example.com')).err, /--allow-origins: .*is no origin like https/);
});

test('every file that the tables of bad input and of failures name is there', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  for (const document of ['docs/bad-input.md', 'ARCHITECTURE.md']) {
    const text = readFileSync(join(root, document), 'utf8');
    const named = new Set([...text.matchAll(/`([a-z0-9./-]+\/[a-z0-9.-]+\.ts)`/g)].map(([, path]) => path ?? ''));
    assert.ok(named.size > 15, document);
    assert.deepEqual(
      [...named].filter((path) => !existsSync(join(root, path))),
      [],
      document,
    );
  }
});
