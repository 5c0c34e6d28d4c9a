/**
 * `stepwright guide` in bad surroundings: a folder that is in use, damaged or in the way, files that are no recordings, Ctrl-C. Each gets a code and a
 * way out; nothing else is lost, and stdout holds nothing but documents.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const command = join(root, 'cli', 'stepwright.mjs');
const demo = join(root, 'cli', 'demo', 'recording', 'events.jsonl');
const miniwobFolder = join(root, 'agent', 'import', 'testdata', 'miniwob');
const other = join(miniwobFolder, readdirSync(miniwobFolder).sort()[0] ?? '');
const folder = mkdtempSync(join(tmpdir(), 'stepwright-surroundings-'));
const wholeData = join(folder, 'whole');
let expected = '';

interface Run {
  readonly documents: string;
  readonly notes: string;
  readonly exitCode: number | null;
}

function guide(...args: readonly string[]): Run {
  const { stdout, stderr, status } = spawnSync(process.execPath, [command, 'guide', ...args], { encoding: 'utf8' });
  for (const line of stdout.trim().split('\n').filter(Boolean)) assert.doesNotThrow(() => JSON.parse(line), line);
  return { documents: stdout, notes: stderr, exitCode: status };
}

/** A copy of a data folder in which the demo was made. */
function copyOfData(name: string): string {
  const copy = join(folder, name);
  cpSync(wholeData, copy, { recursive: true });
  return copy;
}

function filesUnder(path: string, ending = ''): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending)).map((entry) => join(entry.parentPath, entry.name));
}

function damage(path: string): void {
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length * 0.8; at += 97) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
}

before(() => {
  const run = guide(demo, '--data', wholeData);
  assert.equal(run.exitCode, 0, run.notes);
  expected = run.documents;
  // Opened again, RocksDB writes what was in its write-ahead log to a table: damage to that is what a checksum must find.
  assert.equal(guide(demo, '--data', wholeData).documents, expected, 'running again on the same folder makes the same');
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('a second process on the folder is refused with LOG_LOCKED, the pid of the first and the way out', async () => {
  const data = copyOfData('locked');
  const first = spawn(process.execPath, [command, 'start', '--data', data, '--port', '0', '--demo', 'never', '--no-analytics'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => first.once('close', (code) => resolve(code)));
  try {
    await new Promise((resolve) => first.stdout.once('data', resolve));
    const second = guide(demo, '--data', data);
    assert.equal(second.exitCode, 1);
    assert.equal(second.documents, '');
    assert.match(second.notes, new RegExp(`in use by process ${first.pid} .*stop it or choose another directory \\(LOG_LOCKED\\)`));
  } finally {
    first.kill('SIGINT');
  }
  assert.equal(await ended, 0, 'Ctrl-C ends the first one cleanly');
  assert.equal(guide(demo, '--data', data).documents, expected, 'and the folder is free');
});

test('K5 a damaged store is wiped for a named reason and restored from its changelog; guides stay right', () => {
  const data = copyOfData('state');
  for (const path of filesUnder(join(data, 'state'), '.sst')) damage(path);
  const run = guide(demo, other, '--data', data);
  assert.equal(run.exitCode, 0, run.notes);
  assert.match(run.notes, /"code":"STATE_CORRUPT"/);
  assert.match(run.notes, /"reason":"checksum-failed"/);
  assert.ok(run.documents.startsWith(expected));
});

test('damaged views are VIEW_CORRUPT; deleting their folder rebuilds them', () => {
  const data = copyOfData('views');
  for (const path of [...filesUnder(join(data, 'views'), '.sst'), ...filesUnder(join(data, 'views'), '.log')]) damage(path);
  const refused = guide(demo, '--data', data);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.notes, /delete that folder and start again.*\(VIEW_CORRUPT\)/);
  rmSync(join(data, 'views'), { recursive: true });
  assert.equal(guide(demo, '--data', data).documents, expected);
});

test('a truncated key file stops its own recording with SEAL_BROKEN, and no other', () => {
  const data = copyOfData('keys');
  for (const path of filesUnder(join(data, 'keys', 'sessions'))) truncateSync(path, 10);
  const run = guide(demo, other, '--data', data);
  assert.equal(run.exitCode, 1);
  assert.match(run.notes, /not a wrapped key; restore the keyring from a backup \(SEAL_BROKEN\)/);
  assert.equal(run.documents.trim().split('\n').length, 1, 'the other recording is made');
});

test('an object folder that cannot be used is OBJECT_STORE_FAILED', () => {
  const data = join(folder, 'objects');
  mkdirSync(data);
  writeFileSync(join(data, 'objects'), 'in the way');
  const run = guide(demo, '--data', data);
  assert.equal(run.exitCode, 1);
  assert.match(run.notes, /\(OBJECT_STORE_FAILED\)/);
});

test('files that are no recordings are named one by one; the good ones are made; the exit code is 1', () => {
  const files = join(folder, 'files');
  mkdirSync(join(files, 'again'), { recursive: true });
  const make = (name: string, bytes: string | Buffer): string => {
    writeFileSync(join(files, name), bytes);
    return join(files, name);
  };
  const bad: [path: string, message: RegExp][] = [
    [join(files, 'missing.jsonl'), /there is no such file/],
    [files, /it is a folder/],
    [make('empty.jsonl', ''), /the file is empty/],
    [make('huge.bin', Buffer.alloc(100_000_000, 0xa7)), /100000000 bytes; at most/],
    [make('cut.json.gz', readFileSync(other).subarray(0, 300)), /IMPORT_INVALID/],
    [make('bomb.json.gz', gzipSync(Buffer.alloc(300_000_000))), /inflates to more than/],
    [make('deep.jsonl', `{"seq":1,"atMs":1,"kind":"click","x":${'['.repeat(5_000)}${']'.repeat(5_000)}}\n`), /nesting is deeper/],
  ];
  cpSync(other, join(files, basename(other)));
  cpSync(other, join(files, 'again', basename(other)));
  const good = [join(files, basename(other)), join(files, 'again', basename(other)), join(files, basename(other))];
  const out = join(folder, 'files-out');
  const run = guide(...bad.map(([path]) => path), ...good, '--out', out);
  assert.equal(run.exitCode, 1);
  for (const [path, message] of bad) {
    const line = run.notes.split('\n').find((note) => note.startsWith(`stepwright: ${path}: `));
    assert.match(line ?? `nothing was said of ${path}`, message);
    assert.match(line ?? '', /\(IMPORT_INVALID\)$/);
  }
  const documents = run.documents.trim().split('\n');
  assert.equal(documents.length, 3);
  assert.equal(new Set(documents).size, 1, 'one recording under three names is one guide');
  assert.equal(readdirSync(out).length, 3, 'two files of one name have two folders');
});

test('Ctrl-C during the work ends with 130 and says how to go on; the same command then completes', async () => {
  const data = join(folder, 'interrupted');
  const child = spawn(process.execPath, [command, 'guide', demo, '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] });
  let notes = '';
  child.stderr.on('data', (chunk: Buffer) => (notes += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  // The keyring's first file says that feeding has begun.
  while (!hasFiles(join(data, 'keys', 'sessions')) && child.exitCode === null) await setTimeout(5);
  child.kill('SIGINT');
  assert.equal(await ended, 130, notes);
  assert.match(notes, /run the same command again to go on/);
  const again = guide(demo, '--data', data);
  assert.equal(again.exitCode, 0, again.notes);
  assert.equal(JSON.parse(again.documents).steps.length, JSON.parse(expected).steps.length);
});

function hasFiles(path: string): boolean {
  try {
    return filesUnder(path).length > 0;
  } catch {
    return false;
  }
}
