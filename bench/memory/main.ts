/**
 * Question: does a long session cost more per event, or more memory, the longer it lasts; what do many sessions at a time need, and what is left
 * of it when they end; what does a restart cost with many sessions open?
 * Measured: the embedded platform in one process with the settings of `stepwright start`, fed through ingest without HTTP. Resident memory as the
 * system counts it, sampled every 1,000 events, by two estimates (resident.ts). No collection is forced, unless node was started with `--expose-gc`: the
 * difference is what V8 has not yet collected.
 * Warm-up: other sessions, so many events (`--warm`) that every cache and write buffer which is bounded in bytes has been full; the default
 * state budget (64 MiB over four tasks) needs most of them. The memory on the way is printed.
 * Not measured: pictures (bench/images), HTTP, watchers.
 * Rerun: `npm run bench:memory -- [--only long|many|restart] [--events 20000] [--warm 240000] [--sessions 2000] [--rounds 3] [--open 5000] [--analytics] [--state-budget-bytes N]`.
 */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { memoryOptions } from '../../cli/options.ts';
import { limitHeapGrowth } from '../../cli/platform/heap-growth.ts';
import { longSession } from './long-session.ts';
import { manySessions } from './many-sessions.ts';
import { startPlatformUnderLoad, type PlatformUnderLoad } from './platform-under-load.ts';
import { restartWithOpenSessions, resume } from './restart.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '20000' },
    warm: { type: 'string', default: '240000' },
    sessions: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    open: { type: 'string', default: '5000' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    'state-budget-bytes': { type: 'string' },
    analytics: { type: 'boolean', default: false },
    data: { type: 'string' },
  },
});
limitHeapGrowth(memoryOptions.heapGrowthPercent.default);
const isAsked = (part: string): boolean => values.only === part || values.only === '';

if (values.only === 'resume') {
  assert(values.data !== undefined, '--only resume needs --data');
  await resume(values.data);
} else {
  if (isAsked('long')) await withPlatform(measureLong);
  if (isAsked('many')) await withPlatform(measureMany);
  if (isAsked('restart')) await restartWithOpenSessions(Number(values.open));
}

function measureLong(platform: PlatformUnderLoad): Promise<void> {
  return longSession(platform, { eventCount: Number(values.events), warmUpCount: Number(values.warm), seed: Number(values.seed) });
}

function measureMany(platform: PlatformUnderLoad): Promise<void> {
  return manySessions(platform, { sessionCount: Number(values.sessions), eventCount: 40, roundCount: Number(values.rounds) });
}

async function withPlatform(measure: (platform: PlatformUnderLoad) => Promise<void>): Promise<void> {
  const budget = values['state-budget-bytes'];
  const platform = await startPlatformUnderLoad({ analytics: values.analytics, ...(budget && { stateBudgetBytes: Number(budget) }) });
  try {
    await measure(platform);
  } finally {
    await platform.close();
  }
}
