import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { memberNameIn } from './member-name.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'stepwright-member-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a folder keeps the name of its member, and another folder has another', (t) => {
  const [one, other] = [folderOf(t), folderOf(t)];
  const name = memberNameIn(join(one, 'MEMBER'), 'here');
  assert.match(name, /^[0-9a-f]{12}$/);
  assert.equal(memberNameIn(join(one, 'MEMBER'), 'here'), name);
  assert.notEqual(memberNameIn(join(other, 'MEMBER'), 'here'), name);
  assert.deepEqual(readdirSync(one), ['MEMBER']);
});

test('a folder that came to another machine gets a new name, and keeps that', (t) => {
  const path = join(folderOf(t), 'MEMBER');
  const name = memberNameIn(path, 'here');
  const next = memberNameIn(path, 'there');
  assert.notEqual(next, name);
  assert.equal(memberNameIn(path, 'there'), next);
});

test('a file that holds no name is written anew', (t) => {
  const path = join(folderOf(t), 'MEMBER');
  for (const text of ['', 'x', '../../etc here', '0123456789ab']) {
    writeFileSync(path, text);
    const name = memberNameIn(path, 'here');
    assert.match(name, /^[0-9a-f]{12}$/);
    assert.notEqual(name, text);
  }
});

test('where nothing can be written there is a name all the same', (t) => {
  assert.match(memberNameIn(join(folderOf(t), 'missing', 'MEMBER'), 'here'), /^[0-9a-f]{12}$/);
});
