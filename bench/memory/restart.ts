import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMicros, say, sessionOf } from './play.ts';
import { startPlatformUnderLoad } from './platform-under-load.ts';
import { inMiB, residentBytes } from './resident.ts';

const eventCount = 10;
const openedAtOnce = 500;

/** Sessions that stand open when the process ends, and a new process on the same folder. */
export async function restartWithOpenSessions(sessionCount: number): Promise<void> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'stepwright-restart-'));
  try {
    await leaveOpen(dataFolder, sessionCount);
    const main = fileURLToPath(new URL('main.js', import.meta.url));
    const { status } = spawnSync(process.execPath, [main, '--only', 'resume', '--data', dataFolder], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

async function leaveOpen(dataFolder: string, sessionCount: number): Promise<void> {
  const platform = await startPlatformUnderLoad({ dataFolder });
  for (let from = 0; from < sessionCount; from += openedAtOnce) {
    const indexes = Array.from({ length: Math.min(openedAtOnce, sessionCount - from) }, (_, index) => from + index);
    await Promise.all(indexes.map((index) => leaveOneOpen(platform, index)));
  }
  await platform.settled();
  say(`${sessionCount} sessions of ${eventCount} events stand open: ${inMiB(residentBytes())} MiB`);
  await platform.close();
}

async function leaveOneOpen(platform: Awaited<ReturnType<typeof startPlatformUnderLoad>>, index: number): Promise<void> {
  const events = sessionOf(eventCount, index);
  await platform.open(nameOf(index), events[0]?.atMs ?? 0);
  await platform.append(nameOf(index), events.slice(0, -1));
}

/** What the new process does: starts, waits until nothing is behind, goes on with one of the sessions and ends it. */
export async function resume(dataFolder: string): Promise<void> {
  const bare = residentBytes();
  const [startedMs, cpu] = [performance.now(), cpuMicros()];
  const platform = await startPlatformUnderLoad({ dataFolder });
  await platform.settled();
  const [tookMs, cpuMs] = [performance.now() - startedMs, (cpuMicros() - cpu) / 1_000];
  say(
    `started on that folder in ${Math.round(tookMs)} ms (${Math.round(cpuMs)} ms of CPU); from ${inMiB(bare)} to ${inMiB(residentBytes())} MiB`,
  );
  await platform.append(nameOf(0), sessionOf(eventCount, 0).slice(-1));
  await platform.settled();
  say(`the first of them ended after it: a guide of ${await platform.guideStepCount(nameOf(0))} steps`);
  await platform.close();
}

function nameOf(index: number): string {
  return `standing-${index}`;
}
