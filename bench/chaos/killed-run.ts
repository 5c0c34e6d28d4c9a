import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { runGuideProcess, type Life } from './guide-process.ts';
import { ownerOf, untilKill, type PlannedKill } from './kill-plan.ts';
import { noProgress, readProgress, type Progress } from './post-mortem.ts';

/** One life that ended by SIGKILL. */
export interface Kill {
  readonly planned: PlannedKill;
  readonly livedMs: number;
  /** What was under way, by what had grown since the life before. */
  readonly phase: string;
  readonly progress: Progress;
  readonly documentCount: number;
  /** What this life restored when it started: by task. */
  readonly restored: readonly RestoredTask[];
}

export interface RestoredTask {
  readonly taskId: string;
  readonly count: number;
  readonly wipedFor: string | undefined;
}

export interface KilledRun {
  readonly kills: readonly Kill[];
  readonly last: Life;
  readonly lastRestored: readonly RestoredTask[];
  /** Lines on stderr that are neither restores nor finished files. */
  readonly complaints: readonly string[];
}

export interface KilledRunOptions {
  readonly files: readonly string[];
  readonly dataFolder: string;
  readonly outFolder: string;
  readonly keysFolder: string;
  readonly plan: readonly PlannedKill[];
  readonly onKill: (kill: Kill, number: number) => void;
}

/**
 * Runs the same command on the same folder again and again, killed at each planned moment, until a life is left alone to end. A life that ends by itself
 * before its moment counts as no kill.
 *
 * Names of pictures are made with a key of the session, so both runs must have the same keys: the undisturbed run's `keys/` is copied before the
 * first start. Keys are minted by their own crash test (processors/adapters/file-keyring).
 */
export async function runKilled(options: KilledRunOptions): Promise<KilledRun> {
  const { files, dataFolder, outFolder, plan } = options;
  cpSync(options.keysFolder, join(dataFolder, 'keys'), { recursive: true });
  const kills: Kill[] = [];
  const complaints: string[] = [];
  let before = noProgress;
  for (const planned of plan) {
    const killWhen = (life: Parameters<typeof untilKill>[1]): Promise<void> =>
      untilKill(planned, life, { dataFolder, documentCount: files.length });
    const life = await runGuideProcess({ files, dataFolder, outFolder, killWhen });
    complaints.push(...complaintsOf(life));
    const progress = await readProgress(dataFolder);
    if (life.signal !== 'SIGKILL') {
      before = progress;
      continue;
    }
    const phase = phaseOf({ before, progress, life, isOpened: ownerOf(dataFolder) === life.pid, fileCount: files.length });
    const kill = { planned, livedMs: life.livedMs, phase, progress, documentCount: life.documents.length, restored: restoredBy(life) };
    kills.push(kill);
    options.onKill(kill, kills.length);
    before = progress;
  }
  const last = await runGuideProcess({ files, dataFolder, outFolder });
  complaints.push(...complaintsOf(last));
  return { kills, last, lastRestored: restoredBy(last), complaints };
}

interface PhaseFacts {
  readonly before: Progress;
  readonly progress: Progress;
  readonly life: Life;
  readonly isOpened: boolean;
  readonly fileCount: number;
}

function phaseOf({ before, progress, life, isOpened, fileCount }: PhaseFacts): string {
  const hasGrown = (field: keyof Progress): boolean => progress[field] > before[field];
  if (life.documents.length === fileCount) return 'shutdown';
  const under: string[] = [];
  if (hasGrown('eventRecordCount') || hasGrown('originalCount')) under.push('feeding');
  if (hasGrown('stepRecordCount')) under.push('processing');
  if (hasGrown('derivativeCount')) under.push('pictures');
  if (hasGrown('finishedRecordCount') || hasGrown('publishedCount')) under.push('sinks');
  if (under.length > 0) return under.join('+');
  if (life.documents.length > 0) return 'printing';
  return isOpened ? 'opening' : 'boot';
}

const restoreLine = /^task (\S+): restored (\d+) records from its changelogs(?:; its store was wiped first: (.*))?$/;

function restoredBy(life: Life): RestoredTask[] {
  return life.notes.flatMap((note) => {
    const [, taskId, count, wipedFor] = restoreLine.exec(note) ?? [];
    return taskId === undefined ? [] : [{ taskId, count: Number(count), wipedFor }];
  });
}

function complaintsOf(life: Life): string[] {
  return life.notes.filter((note) => !restoreLine.test(note) && !/: \d+ steps, "/.test(note) && note !== 'building …');
}
