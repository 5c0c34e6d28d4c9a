import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from './cache-folder.ts';
import { services } from './catalog.ts';

const folder = join(repositoryRoot(), 'services');

/** Rows of the table in README.md: name, and every port in the order of the text. */
const rows = new Map(
  readFileSync(join(folder, 'README.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^\d{5}/.test(cells[3] ?? ''))
    .map(([, name = '', , ports = '']) => [name, (ports.match(/\d{5}/g) ?? []).map(Number)]),
);

test('every service has its row in README.md, with the port that it takes', () => {
  assert.deepEqual([...rows.keys()].toSorted(), services.map(({ name }) => name).toSorted());
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('-service.ts') && !path.startsWith('test-support'),
  );
  assert.equal(sources.length, services.length);
  for (const path of sources) {
    const source = readFileSync(join(folder, path), 'utf8');
    const name = /^ {2}name: '(\w+)'/m.exec(source)?.[1] ?? basename(path);
    const port = /defaultPlace = \{ port: ([\d_]+)/.exec(source)?.[1]?.replace('_', '');
    assert.equal(rows.get(name)?.[0], Number(port), name);
  }
});

test('no two services take the same port, management ports included', () => {
  const ports = [...rows.values()].flat();
  assert.ok(ports.length > services.length, 'some have a second port');
  assert.equal(new Set(ports).size, ports.length, String(ports));
});
