import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector';

/** Which part of the system a stack frame's file belongs to; the first that matches. */
const parts: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['RocksDB binding (state and log)', /@nxtedition\/rocksdb/],
  ['engine: nodes, collector, commit', /topology\/(runtime|builder)\//],
  ['log: codec, batches, source', /topology\/(log|base)\//],
  ['state: layers, changelog', /\/state\//],
  ['serdes', /\/schemas\//],
  ['bench and processor', /\/bench\//],
  ['node', /^node:/],
];

/** Runs `work` under V8's sampling profiler and gives the share of busy time per part, largest first. */
export async function profileParts<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly shares: Readonly<Record<string, number>> }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return { result, shares: sharesOf(profile) };
}

function sharesOf(profile: Profiler.Profile): Readonly<Record<string, number>> {
  const partOf = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]));
  const totals = new Map<string, number>();
  let busyUs = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const part = partOf.get(id) ?? 'other';
    if (part === 'idle') continue;
    const us = profile.timeDeltas?.[index] ?? 0;
    busyUs += us;
    totals.set(part, (totals.get(part) ?? 0) + us);
  }
  const sorted = [...totals].toSorted(([, left], [, right]) => right - left);
  return Object.fromEntries(sorted.map(([part, us]) => [part, Math.round((us / busyUs) * 1000) / 1000]));
}

function nameOf({ callFrame: { functionName, url } }: Profiler.ProfileNode): string {
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collection';
  return parts.find(([, pattern]) => pattern.test(url))?.[0] ?? 'native calls: RocksDB reads and writes, Buffer copies';
}
