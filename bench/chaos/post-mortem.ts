import { cpSync, type Dirent, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changelogTopics } from '../../cli/platform/changelog-topics.ts';
import { openEmbeddedLog, type EmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';

/** How far a run has come, read from what it left on the disk. */
export interface Progress {
  /** Records of the topics; transactions that did not commit do not count. */
  readonly eventRecordCount: number;
  readonly stepRecordCount: number;
  readonly finishedRecordCount: number;
  readonly deadLetterCount: number;
  /** Of all changelogs together: what a restore from nothing would read. */
  readonly changelogRecordCount: number;
  readonly originalCount: number;
  readonly derivativeCount: number;
  readonly publishedCount: number;
}

export const noProgress: Progress = {
  eventRecordCount: 0,
  stepRecordCount: 0,
  finishedRecordCount: 0,
  deadLetterCount: 0,
  changelogRecordCount: 0,
  originalCount: 0,
  derivativeCount: 0,
  publishedCount: 0,
};

/** Looks at a copy of the log, so that nothing of the folder is mended before the next life finds it as the kill left it. */
export async function readProgress(dataFolder: string): Promise<Progress> {
  const objects = join(dataFolder, 'objects', 'objects');
  const files = existsSync(objects) ? readdirSync(objects, { recursive: true, encoding: 'utf8', withFileTypes: true }) : [];
  const countIn = (folder: string, prefix: string): number =>
    files.filter((entry) => isObject(entry, join(objects, folder), prefix)).length;
  const objectCounts = {
    originalCount: countIn('quarantine', ''),
    derivativeCount: countIn('images', ''),
    publishedCount: countIn('guides', 'current'),
  };
  if (!existsSync(join(dataFolder, 'log', 'db', 'CURRENT'))) return { ...noProgress, ...objectCounts };
  const copy = mkdtempSync(join(tmpdir(), 'stepwright-chaos-log-'));
  try {
    cpSync(join(dataFolder, 'log'), copy, { recursive: true });
    const log = await openEmbeddedLog({ directory: copy });
    const counts = await readTopics(log);
    await log.close();
    return { ...counts, ...objectCounts };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function isObject(entry: Dirent, folder: string, prefix: string): boolean {
  return entry.isFile() && entry.parentPath.startsWith(folder) && entry.name.startsWith(prefix);
}

type TopicCounts = Omit<Progress, 'originalCount' | 'derivativeCount' | 'publishedCount'>;

async function readTopics(log: EmbeddedLog): Promise<TopicCounts> {
  return {
    eventRecordCount: await recordCount(log, ['capture.events.v1']),
    stepRecordCount: await recordCount(log, ['guide.steps.v1']),
    finishedRecordCount: await recordCount(log, ['guide.finished.v1']),
    deadLetterCount: await recordCount(log, ['dead-letters.v1']),
    changelogRecordCount: await recordCount(log, await changelogTopics()),
  };
}

/** An upper bound: offsets are sparse, since every transaction ends with a marker. */
async function recordCount(log: EmbeddedLog, names: readonly string[]): Promise<number> {
  const topics = await log.describeTopics(names);
  const partitions = topics.flatMap(({ name, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition })),
  );
  const ranges = await log.offsets(partitions, 'read_committed');
  return ranges.reduce((sum, { startOffset, nextOffset }) => sum + Number(nextOffset - startOffset), 0);
}
