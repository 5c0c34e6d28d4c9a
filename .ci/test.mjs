/**
 * Runs the compiled tests: `node .ci/test.mjs [--ring unit|integration|all] [path part …]`. Unit: pure tests and contract suites, in parallel.
 * Integration (`*.int.test.js`): real processes, ports, browsers, one file at a time. A file that does not end – a test that waits for ever, a handle that
 * keeps its process – is ended and counts as failed, by name. The last line sums both, `N passed, N failed, N skipped`; a skipped suite counts as one. Before
 * it stands how many were skipped for which reason.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countReasons, readOutcome } from './outcome-reporter.mjs';

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
  const folder = mkdtempSync(join(tmpdir(), 'stepwright-tests-'));
  const outcomeFile = join(folder, 'outcome');
  const reporters = ['spec', 'stdout', new URL('outcome-reporter.mjs', import.meta.url).href, outcomeFile];
  const flags = reporters.map((value, index) => `--test-reporter${index % 2 === 0 ? '' : '-destination'}=${value}`);
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--test', `--test-concurrency=${concurrency}`, `--test-timeout=${timeoutMs}`, ...flags, ...files],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    child.on('close', (status) => {
      const { pass, fail, cancelled, todo, skipped } = readOutcome(existsSync(outcomeFile) ? readFileSync(outcomeFile, 'utf8') : '');
      rmSync(folder, { recursive: true });
      resolve({ status, passed: pass, failed: fail + cancelled, skipped: [...skipped, ...Array(todo).fill('to do')] });
    });
  });
}

const isAsked = (path) => args.length === 0 || args.some((part) => path.includes(part));
const all = testFiles('dist').sort().filter(isAsked);
const isIntegration = (path) => path.endsWith('.int.test.js');
const results = [];
const unit = all.filter((path) => !isIntegration(path));
const integration = all.filter(isIntegration);
if (ring !== 'integration' && unit.length > 0) results.push(await run(unit, 2));
if (ring !== 'unit' && integration.length > 0) results.push(await run(integration, 1));
const sum = (field) => results.reduce((total, result) => total + result[field], 0);
const skipped = results.flatMap((result) => result.skipped);
for (const line of countReasons(skipped)) console.log(`skipped: ${line}`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${skipped.length} skipped`);
if (sum('passed') === 0 || results.some((result) => result.status !== 0)) process.exit(1);
