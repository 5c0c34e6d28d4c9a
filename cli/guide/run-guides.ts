import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportFormat } from '../../agent/import/import-result.ts';
import { toGuideDocument } from '../../schemas/guide-document.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { CommandContext } from '../command.ts';
import { awaitGuide } from './await-guide.ts';
import { localTenant, withEmbeddedPlatform, type CrashHooks, type EmbeddedOptions, type EmbeddedRun } from './embedded-run.ts';
import { readRecordingFile, type RecordingFile } from './recording-file.ts';
import { outFolders, writeGuide } from './write-out.ts';

export interface GuideOptions extends Omit<EmbeddedOptions, 'data'> {
  readonly data: string | undefined;
  readonly format: ImportFormat | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

/** Files that are read and fed at a time: what bounds the memory of a run over very many. */
const feedingAtATime = 8;

/**
 * Turns files into guides, one JSON document a line on stdout, in argument order. Answers the exit code.
 * @throws {CONFIG_INVALID} without a file, and the codes of a data folder that cannot be opened.
 */
export async function runGuides(
  options: GuideOptions,
  paths: readonly string[],
  { context, crashes }: { readonly context: CommandContext; readonly crashes?: CrashHooks },
): Promise<number> {
  if (paths.length === 0) throw new StepwrightError('CONFIG_INVALID', 'guide: name at least one recording: stepwright guide FILE…');
  const temporary = options.data === undefined ? mkdtempSync(join(tmpdir(), 'stepwright-')) : undefined;
  try {
    const hooks = { stderr: context.stderr, ...(crashes && { crashes }) };
    const embedded = { ...options, data: options.data ?? temporary ?? '' };
    return await withEmbeddedPlatform(embedded, hooks, (run) => makeGuides({ ...run, context, options }, paths));
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

interface GuideRun extends EmbeddedRun {
  readonly context: CommandContext;
  readonly options: GuideOptions;
}

/** Recordings are processed side by side and printed one after the other. */
async function makeGuides(run: GuideRun, paths: readonly string[]): Promise<number> {
  const { context, options } = run;
  const folders = options.out === undefined ? [] : outFolders(paths, options.out);
  let failureCount = 0;
  for (const [index, feeding] of feedAll(run, paths).entries()) {
    const path = paths[index] ?? '';
    try {
      await printGuide(run, await feeding, folders[index]);
    } catch (error) {
      if (!(error instanceof StepwrightError)) throw error;
      failureCount += 1;
      context.stderr(`stepwright: ${path}: ${error.message} (${error.code})\n`);
    }
    if (context.stopped.aborted) {
      context.stderr(`stepwright: stopped after ${index} of ${paths.length} recordings${resumeHint(options)}\n`);
      return 130;
    }
  }
  return failureCount === 0 ? 0 : 1;
}

async function printGuide(
  { storage, platform, context, options }: GuideRun,
  file: RecordingFile,
  folder: string | undefined,
): Promise<void> {
  const guide = await awaitGuide({ storage, platform, stopped: context.stopped }, localTenant, file.sessionId);
  if (folder !== undefined) await writeGuide(guide, storage.objects, folder);
  context.stdout(`${JSON.stringify(toGuideDocument(guide))}\n`);
  if (options.json) return;
  const where = folder === undefined ? '' : ` → ${folder}`;
  context.stderr(`${file.path}: ${guide.steps.length} steps, "${guide.title}"${where}\n`);
}

/** A promise a file, in order. Only a few are under way at a time. */
function feedAll(run: GuideRun, paths: readonly string[]): Promise<RecordingFile>[] {
  const lanes: Promise<unknown>[] = Array.from({ length: feedingAtATime }, () => Promise.resolve());
  // A file named twice, or a copy of it, is one recording: it is fed once.
  const feeding = new Map<string, Promise<void>>();
  return paths.map((path, index) => {
    const fed = (lanes[index % feedingAtATime] ?? Promise.resolve()).then(() => feedPath(run, path, feeding));
    // Looked at in its turn; until then it is nobody's unhandled failure.
    lanes[index % feedingAtATime] = fed.catch(() => undefined);
    return fed;
  });
}

async function feedPath({ feed, options, context }: GuideRun, path: string, feeding: Map<string, Promise<void>>): Promise<RecordingFile> {
  if (context.stopped.aborted) throw new StepwrightError('TASK_FAILED', 'stopped before it was read');
  const read = readRecordingFile(path, options.format);
  if (!read.ok) throw new StepwrightError('IMPORT_INVALID', read.problem);
  const { file } = read;
  const fed = feeding.get(file.sessionId) ?? feed(file);
  feeding.set(file.sessionId, fed);
  await fed;
  return file;
}

function resumeHint({ data }: GuideOptions): string {
  return data === undefined ? '; with --data FOLDER a run goes on where it was stopped' : '; run the same command again to go on';
}
