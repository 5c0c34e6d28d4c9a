#!/usr/bin/env node
/** Starts the command: names an old Node, builds a checkout whose output is missing or older than its sources, then hands over to `cli/main.ts`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sourceFolders = ['topology', 'state', 'schemas', 'processors', 'sinks', 'gateway', 'agent', 'viewer', 'bench', 'cli', 'services'];

function newestMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) newest = entry.name === 'node_modules' ? newest : Math.max(newest, newestMs(path));
    else if (/\.(ts|avsc|html|css)$/.test(entry.name)) newest = Math.max(newest, statSync(path).mtimeMs);
  }
  return newest;
}

function buildIfNeeded() {
  const stamp = join(root, 'dist', '.tsbuildinfo');
  if (!existsSync(join(root, 'tsconfig.json'))) return;
  const sourcesMs = Math.max(...sourceFolders.map((folder) => (existsSync(join(root, folder)) ? newestMs(join(root, folder)) : 0)));
  if (existsSync(stamp) && existsSync(join(root, 'dist', 'cli', 'main.js')) && statSync(stamp).mtimeMs >= sourcesMs) return;
  process.stderr.write('building …\n');
  if (!existsSync(join(root, 'node_modules', 'typescript'))) {
    process.stderr.write('stepwright: the packages are not installed: run `npm install` first\n');
    process.exit(1);
  }
  const result = spawnSync(process.execPath, [join(root, '.ci', 'build.mjs')], { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    process.stderr.write('stepwright: the build failed, see above\n');
    process.exit(1);
  }
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`stepwright: Node ${process.versions.node} is too old (PLATFORM_UNSUPPORTED): use Node 20.19 or newer\n`);
  process.exit(1);
}
buildIfNeeded();
const { main } = await import(new URL('../dist/cli/main.js', import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));
