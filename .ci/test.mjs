/**
 * Runs the compiled tests: `node .ci/test.mjs [--ring unit|integration|all] [path part …]`. Unit: pure tests and contract suites, in parallel.
 * Integration (`*.int.test.js`): real processes, ports, browsers, one file at a time. A file that does not end – a test that waits for ever, a handle that
 * keeps its process – is ended and counts as failed, by name. The last line sums both: `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** For a test and for a whole file. Far beyond the slowest on a busy machine. */
const timeoutMs = 8 * 60_000;

const args = process.argv.slice(2);
const ringAt = args.indexOf('--ring');
const ring = ringAt === -1 ? 'all' : args.splice(ringAt, 2)[1];

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    // A test whose source is gone is a leftover of an older build.
    return entry.name.endsWith('.test.js') && existsSync(path.replace(/^dist./, '').replace(/\.js$/, '.ts')) ? [path] : [];
  });
}

function run(files, concurrency) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--test', `--test-concurrency=${concurrency}`, `--test-timeout=${timeoutMs}`, '--test-reporter=spec', ...files],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let tail = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-200_000);
    });
    child.on('close', (status) => {
      const last = (word) => Number([...tail.matchAll(new RegExp(`^ℹ ${word} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? 0);
      resolve({ status, passed: last('pass'), failed: last('fail') + last('cancelled'), skipped: last('skipped') + last('todo') });
    });
  });
}

const all = testFiles('dist')
  .filter((path) => args.length === 0 || args.some((part) => path.includes(part)))
  .sort();
const isIntegration = (path) => path.endsWith('.int.test.js');
const results = [];
const unit = all.filter((path) => !isIntegration(path));
const integration = all.filter(isIntegration);
if (ring !== 'integration' && unit.length > 0) results.push(await run(unit, 2));
if (ring !== 'unit' && integration.length > 0) results.push(await run(integration, 1));
const sum = (field) => results.reduce((total, result) => total + result[field], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
if (sum('passed') === 0 || results.some((result) => result.status !== 0)) process.exit(1);
