import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Dice } from '../../topology/testing/dice.ts';
import type { LivingProcess } from './guide-process.ts';

/** What a kill waits for before its random delay: nothing, the opened log, or the last document. */
export type KillAim = 'start-up' | 'work' | 'end';

export interface PlannedKill {
  readonly aim: KillAim;
  /** CPU time of the killed process, where the system tells it: a busy machine then kills at the same moments as an idle one. */
  readonly delayMs: number;
}

const lookEveryMs = 5;
const ticksPerSec = 100;

/**
 * The moments of a run's kills. A few lives end while they start, most while they work; the last few are left alone until they have printed every
 * document, and die while they close.
 */
export function planKills(dice: Dice, killCount: number, workMs: number): PlannedKill[] {
  const endCount = Math.max(1, Math.floor(killCount / 10));
  return Array.from({ length: killCount }, (_, index) => {
    if (index >= killCount - endCount) return { aim: 'end', delayMs: dice.below(80) };
    return dice.below(6) === 0 ? { aim: 'start-up', delayMs: 60 + dice.below(400) } : { aim: 'work', delayMs: dice.below(workMs) };
  });
}

/** Resolves at the planned moment of this life. */
export async function untilKill(
  { aim, delayMs }: PlannedKill,
  life: LivingProcess,
  { dataFolder, documentCount }: { readonly dataFolder: string; readonly documentCount: number },
): Promise<void> {
  const isReached = (): boolean => {
    if (aim === 'start-up') return true;
    return aim === 'work' ? ownerOf(dataFolder) === life.pid : life.documentCount() === documentCount;
  };
  while (!isReached() && !life.isOver()) await setTimeout(lookEveryMs);
  const untilMs = usedMs(life.pid) + delayMs;
  while (!life.isOver() && usedMs(life.pid) < untilMs) await setTimeout(lookEveryMs);
}

/** CPU time of a process on Linux; elsewhere, and when it is gone, the time of day. */
function usedMs(pid: number): number {
  try {
    // Fields behind the name, which may hold spaces: user and system time are the 12th and 13th (proc(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSec;
  } catch {
    return performance.now();
  }
}

/** Process that has the log of the folder open. */
export function ownerOf(dataFolder: string): number | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(dataFolder, 'log', 'owner.json'), 'utf8'));
    return typeof owner === 'object' && owner !== null && 'pid' in owner && typeof owner.pid === 'number' ? owner.pid : undefined;
  } catch {
    return undefined;
  }
}
