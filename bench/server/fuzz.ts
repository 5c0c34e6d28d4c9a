/**
 * Question: does a whole server, on its real log and stores, survive what nobody should send, without a 5xx and without growing?
 * Measured: the gateway's own fuzzer against `stepwright start` in a process of its own; answers by status and code, resident memory and heap from its metrics
 * after a tenth of the requests and at the end, whether all parts are healthy afterwards.
 * Not measured: load; the rate limits are the real ones, so part of the answers is 429.
 * Rerun: `npm run fuzz:server -- [requests] [seed]`; exit 1 on a fault.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFuzz } from '../../gateway/fuzz/run-fuzz.ts';
import { freePort } from '../../services/free-port.ts';
import { runCommand, startServerProcess } from './server-process.ts';

const requests = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'stepwright-fuzz-'));
const server = await startServerProcess({ root: folder, port: await freePort(), flags: ['--no-analytics'] });
try {
  process.exitCode = await main();
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<number> {
  const tokenOf = async (role: string, ...more: string[]): Promise<string> =>
    (await runCommand(folder, ['keys', 'add', '--tenant', 'acme', '--role', role, ...more])).trim();
  const agent = await tokenOf('agent');
  const operator = await tokenOf('admin', '--operator');
  const under = { token: () => agent };
  const warmed = await runFuzz(under, server.baseUrl, { requests: Math.floor(requests / 10), seed: seed + 1 });
  const before = await memory(operator);
  const report = await runFuzz(under, server.baseUrl, { requests, seed });
  const after = await memory(operator);
  const isReady = (await fetch(`${server.baseUrl}/readyz`)).ok;
  const { heapStartBytes: _start, heapEndBytes: _end, ...answers } = report;
  const faults = [...warmed.faults, ...report.faults];
  process.stdout.write(`${JSON.stringify({ ...answers, faults, before, after, isReady }, null, 2)}\n`);
  return faults.length > 0 || report.unanswered > 0 || !isReady ? 1 : 0;
}

/** Of the server; the heap as it stands, uncollected garbage included. */
async function memory(token: string): Promise<Readonly<Record<string, number>>> {
  const answer = await fetch(`${server.baseUrl}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const text = await answer.text();
  const read = (name: string): number => Number(new RegExp(`^\\S*${name}(?:{[^}]*})? (\\S+)`, 'm').exec(text)?.[1]);
  return { residentBytes: read('process_resident_memory_bytes'), heapUsedBytes: read('nodejs_heap_size_used_bytes') };
}
