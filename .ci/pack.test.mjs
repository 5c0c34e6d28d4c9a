import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'stepwright-pack-'));
const modules = join(folder, 'node_modules');
let files = [];

/** A command that ended well, its output. */
function run(command, args, cwd = '.') {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Packs, and lays the tarball out as an installation does; what it depends on is what the checkout has. */
before(() => {
  run(process.execPath, ['.ci/build.mjs']);
  const [packed] = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]));
  files = packed.files.map(({ path }) => path);
  mkdirSync(join(modules, '.bin'), { recursive: true });
  for (const name of readdirSync('node_modules'))
    if (name !== 'stepwright' && !name.startsWith('.')) symlinkSync(resolve('node_modules', name), join(modules, name));
  mkdirSync(join(modules, 'stepwright'));
  run('tar', ['-xzf', join(folder, packed.filename), '-C', join(modules, 'stepwright'), '--strip-components=1']);
  symlinkSync('../stepwright/cli/stepwright.mjs', join(modules, '.bin', 'stepwright'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('the tarball holds no test, no test data, no source map and nothing that only measures', () => {
  const unwanted = /\.(int\.|prop\.)?test\.|\.map$|\/testdata\/|\/test-support\/|\/fuzz\/|^dist\/bench\/|\.tsbuildinfo$|(?<!\.d)\.ts$/;
  assert.ok(files.length > 300, `${files.length} files`);
  assert.deepEqual(
    files.filter((path) => unwanted.test(path)),
    [],
  );
});

test('the tarball holds what runs: the command, the engine with its types, the viewer, the script for pages, the bundled recording, schemas', () => {
  const wanted = [
    'cli/stepwright.mjs',
    'dist/cli/main.js',
    'dist/topology/index.js',
    'dist/topology/index.d.ts',
    'dist/agent/capture/inject.bundle.js',
    'cli/demo/recording/events.jsonl',
    'cli/platform-check/check.cjs',
    'docs/guide.schema.json',
    'docs/openapi.json',
    'README.md',
    'LICENSE',
    ...readdirSync('viewer/public').map((name) => `dist/viewer/${name}`),
    ...readdirSync('cli/demo/recording/screenshots').map((name) => `cli/demo/recording/screenshots/${name}`),
  ];
  assert.deepEqual(
    wanted.filter((path) => !files.includes(path)),
    [],
  );
});

test('the installed command runs without the sources: its version, its help, its topology, the engine by its export', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const command = (...args) => run('npx', ['--no-install', 'stepwright', ...args], folder);
  assert.equal(command('--version').trim(), version);
  assert.match(command('help'), /stepwright COMMAND/);
  assert.match(command('topology'), /sessionize/);
  const script = "import { createTopologyBuilder } from 'stepwright/topology'; console.log(typeof createTopologyBuilder)";
  assert.equal(run(process.execPath, ['--input-type=module', '--eval', script], folder).trim(), 'function');
});
