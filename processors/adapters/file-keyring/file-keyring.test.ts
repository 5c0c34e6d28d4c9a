import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Clock } from '../../../topology/base/clock.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { testKeyringContract } from '../../ports/keyring-contract.ts';
import { createFileKeyring, type KeyringCrashPoint } from './file-keyring.ts';

interface ManualTime extends Clock {
  nowAtMs: number;
}

function manualTime(): ManualTime {
  return { nowAtMs: 1_790_000_000_000, nowMs: () => clock.nowAtMs, monotonicMs: () => clock.nowAtMs, setTimer: () => () => {} };
}
const clock = manualTime();

function folder(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'keyring-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function filesUnder(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

testKeyringContract('file keyring', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keyring-'));
  const open = (): ReturnType<typeof createFileKeyring> => createFileKeyring({ directory, clock, hotKeyCount: 2 });
  return { keyring: open(), reopen: open, dispose: () => rmSync(directory, { recursive: true }) };
});

test('all files are for the owner only, and no file holds a data key', (context) => {
  const directory = folder(context);
  const key = createFileKeyring({ directory, clock }).keyFor('t/s');
  const files = filesUnder(directory);
  assert.equal(files.length, 2, 'a tenant key and a session key');
  for (const file of files) {
    assert.equal(statSync(file).mode & 0o077, 0, file);
    assert.equal(readFileSync(file).includes(key), false, file);
  }
});

test('destroying takes the wrapped key off the disk', async (context) => {
  const directory = folder(context);
  const keyring = createFileKeyring({ directory, clock });
  keyring.keyFor('t/s');
  await keyring.destroy('t/s');
  const sessions = filesUnder(join(directory, 'sessions'));
  assert.equal(sessions.length, 1);
  assert.ok(readFileSync(sessions[0] ?? '').every((byte) => byte === 0));
});

test('a key that another process destroyed is dropped from memory within a second', async (context) => {
  const directory = folder(context);
  const mine = createFileKeyring({ directory, clock });
  mine.keyFor('t/s');
  await createFileKeyring({ directory, clock }).destroy('t/s');
  clock.nowAtMs += 1000;
  assert.throws(
    () => mine.keyFor('t/s'),
    (error) => hasCode(error, 'SEAL_KEY_GONE'),
  );
});

test('two keyrings that mint at the same moment agree: the first link wins', (context) => {
  const directory = folder(context);
  const rival = createFileKeyring({ directory, clock });
  let rivalKey: Buffer | undefined;
  const crashPoint = (point: KeyringCrashPoint): void => {
    if (point === 'mint.before-link') rivalKey ??= rival.keyFor('t/s');
  };
  assert.deepEqual(createFileKeyring({ directory, clock, crashPoint }).keyFor('t/s'), rivalKey);
});

test('a key destroyed while another process mints it stays gone', async (context) => {
  const directory = folder(context);
  const rival = createFileKeyring({ directory, clock });
  rival.keyFor('t/other');
  const crashPoint = (point: KeyringCrashPoint): void => {
    if (point === 'mint.before-link') void rival.destroy('t/s');
  };
  assert.throws(
    () => createFileKeyring({ directory, clock, crashPoint }).keyFor('t/s'),
    (error) => hasCode(error, 'SEAL_KEY_GONE'),
  );
});

test('a crash before the link leaves no key; after it, the key that everyone finds', (context) => {
  const directory = folder(context);
  const dieAt = (wanted: KeyringCrashPoint): ((point: KeyringCrashPoint) => void) => {
    return (point) => {
      if (point === wanted) throw new Error(wanted);
    };
  };
  createFileKeyring({ directory, clock }).keyFor('t/other');
  assert.throws(() => createFileKeyring({ directory, clock, crashPoint: dieAt('mint.before-link') }).keyFor('t/s'), /mint.before-link/);
  assert.equal(createFileKeyring({ directory, clock }).peek('t/s'), undefined);
  assert.throws(() => createFileKeyring({ directory, clock, crashPoint: dieAt('mint.linked') }).keyFor('t/s'), /mint.linked/);
  const key = createFileKeyring({ directory, clock }).keyFor('t/s');
  assert.deepEqual(createFileKeyring({ directory, clock }).peek('t/s'), key);
});

test('a damaged or exchanged key file is refused with a code and the scope', (context) => {
  const directory = folder(context);
  createFileKeyring({ directory, clock }).keyFor('t/s');
  const file = filesUnder(join(directory, 'sessions'))[0] ?? '';
  const body = readFileSync(file);
  body[20] = (body[20] ?? 0) ^ 1;
  writeFileSync(file, body);
  assert.throws(
    () => createFileKeyring({ directory, clock }).peek('t/s'),
    (error) => hasCode(error, 'SEAL_BROKEN') && error.message.includes('t/s'),
  );
  writeFileSync(file, body.subarray(0, 30));
  assert.throws(
    () => createFileKeyring({ directory, clock }).peek('t/s'),
    (error) => hasCode(error, 'SEAL_BROKEN'),
  );
});

test('temporary files of processes that died are removed after an hour, not before', (context) => {
  const directory = folder(context);
  createFileKeyring({ directory, clock });
  for (const [name, ageS] of [
    ['old', 3601],
    ['young', 3500],
  ] as const) {
    const path = join(directory, 'tmp', name);
    writeFileSync(path, '');
    utimesSync(path, clock.nowAtMs / 1000 - ageS, clock.nowAtMs / 1000 - ageS);
  }
  createFileKeyring({ directory, clock });
  assert.deepEqual(readdirSync(join(directory, 'tmp')), ['young']);
});

test('a full disk gives a code and disposition retry, leaves no file behind, and the key can be made later', (context) => {
  const directory = folder(context);
  let isFull = false;
  const crashPoint = (): void => {
    if (isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  const keyring = createFileKeyring({ directory, clock, crashPoint });
  keyring.keyFor('t/other');
  isFull = true;
  assert.throws(
    () => keyring.keyFor('t/s'),
    (error) => hasCode(error, 'STATE_DISK_FULL') && error.disposition === 'retry',
  );
  assert.deepEqual(readdirSync(join(directory, 'tmp')), []);
  isFull = false;
  assert.equal(keyring.keyFor('t/s').length, 32);
});

test('a crash while destroying leaves the key whole or gone, and destroying again ends it', async (context) => {
  const directory = folder(context);
  const open = (dieAt?: KeyringCrashPoint): ReturnType<typeof createFileKeyring> =>
    createFileKeyring({
      directory,
      clock,
      crashPoint: (point) => {
        if (point === dieAt) throw new Error(point);
      },
    });
  const key = open().keyFor('t/s');
  await assert.rejects(open('destroy.before-zero').destroy('t/s'), /before-zero/);
  assert.deepEqual(open().peek('t/s'), key);
  await assert.rejects(open('destroy.zeroed').destroy('t/s'), /zeroed/);
  assert.equal(open().peek('t/s'), 'gone');
  assert.equal(await open().destroy('t/s'), false);
});
