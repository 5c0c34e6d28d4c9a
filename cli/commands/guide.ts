import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFormats } from '../../agent/import/import-result.ts';
import { toGuideDocument } from '../../schemas/guide-document.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { booleanOption, oneOfOption, stringOption } from '../../topology/base/option-types.ts';
import { createPinoLogger, type LogLevel } from '../../topology/base/pino-logger.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { awaitGuide } from '../guide/await-guide.ts';
import { feedRecording } from '../guide/feed.ts';
import { readRecordingFile, type RecordingFile } from '../guide/recording-file.ts';
import { outFolders, writeGuide } from '../guide/write-out.ts';
import { dataOptions, engineOptions } from '../options.ts';
import { createInProcessIngest } from '../platform/ingest.ts';
import { startPlatform, type Platform } from '../platform/platform.ts';
import { restoreReporter } from '../platform/restore-report.ts';
import { openStorage, type Storage } from '../platform/storage.ts';

const table = {
  ...dataOptions,
  ...engineOptions,
  data: stringOption({
    default: undefined,
    help: 'Folder that keeps the state, so that running again goes on; a temporary one when not given.',
  }),
  format: oneOfOption(importFormats, { default: undefined, help: 'Format of all files; detected from each when not given.' }),
  out: stringOption({ default: undefined, help: 'Folder for guide.json, guide.html, guide.md and pictures, one folder a file.' }),
  json: booleanOption({ default: false, help: 'Only the documents: no progress on stderr.' }),
};

type Values = { readonly out: string | undefined; readonly json: boolean };

/** `stepwright guide FILE…`: recordings in, guides out, through the same embedded platform that `start` runs. */
export const guideCommand = defineCommand({
  name: 'guide',
  about: 'Turn recorded files into guides: one JSON document a line on stdout, in argument order.',
  usage: 'guide FILE… [options]',
  table,
  run: async (values, files, context) => {
    if (files.length === 0) throw new StepwrightError('CONFIG_INVALID', 'guide: name at least one recording: stepwright guide FILE…');
    const temporary = values.data === undefined ? mkdtempSync(join(tmpdir(), 'stepwright-')) : undefined;
    try {
      return await withPlatform({ ...values, data: values.data ?? temporary ?? '' }, context, (run) => makeGuides(run, files, values));
    } finally {
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    }
  },
});

interface Run {
  readonly storage: Storage;
  readonly platform: Platform;
  readonly feed: (file: RecordingFile) => Promise<void>;
  readonly context: CommandContext;
  readonly format: (typeof importFormats)[number] | undefined;
}

export const localTenant = 'local';

interface PlatformValues {
  readonly data: string;
  readonly logLevel: LogLevel;
  readonly partitions: number;
  readonly commitIntervalMs: number;
  readonly stateBudgetBytes: number;
  readonly logSync: 'never' | 'always';
  readonly format: Run['format'];
}

async function withPlatform(values: PlatformValues, context: CommandContext, work: (run: Run) => Promise<number>): Promise<number> {
  const clock = createSystemClock();
  const logger = createPinoLogger({ level: values.logLevel });
  const metrics = silentMetrics;
  const { partitions: partitionCount, commitIntervalMs, stateBudgetBytes, logSync } = values;
  const storage = await openStorage({ dataFolder: values.data, partitionCount, logSync, analytics: false, clock, logger });
  try {
    const onRestore = restoreReporter(context.stderr);
    const platform = await startPlatform({
      storage,
      commitIntervalMs,
      stateBudgetBytes,
      clock,
      random: Math.random,
      logger,
      metrics,
      onRestore,
    });
    const ingest = createInProcessIngest({ storage, platform, clock, logger, metrics, newId: randomUUID });
    try {
      await ingest.start();
      const parser = createEventParser();
      return await work({
        storage,
        platform,
        context,
        format: values.format,
        feed: (file) => feedRecording(ingest, parser, localTenant, file),
      });
    } finally {
      await ingest.close();
      await platform.close();
    }
  } finally {
    await storage.close();
  }
}

/** Everything is fed first and awaited in order, so that recordings are processed side by side and printed one after the other. */
async function makeGuides(run: Run, paths: readonly string[], { out, json }: Values): Promise<number> {
  const { context } = run;
  const folders = out === undefined ? [] : outFolders(paths, out);
  const fed = paths.map((path) => feedPath(run, path));
  let failureCount = 0;
  for (const [index, feeding] of fed.entries()) {
    try {
      const file = await feeding;
      const guide = await awaitGuide({ ...run, stopped: context.stopped }, localTenant, file.sessionId);
      const folder = folders[index];
      if (folder !== undefined) await writeGuide(guide, run.storage.objects, folder);
      context.stdout(`${JSON.stringify(toGuideDocument(guide))}\n`);
      if (!json)
        context.stderr(`${file.path}: ${guide.steps.length} steps, "${guide.title}"${folder === undefined ? '' : ` → ${folder}`}\n`);
    } catch (error) {
      failureCount += 1;
      if (!(error instanceof StepwrightError)) throw error;
      context.stderr(`stepwright: ${hasCode(error, 'IMPORT_INVALID') ? '' : `${paths[index] ?? ''}: `}${error.message}\n`);
      if (context.stopped.aborted) return 130;
    }
  }
  return failureCount === 0 ? 0 : 1;
}

function feedPath(run: Run, path: string): Promise<RecordingFile> {
  const feeding = (async () => {
    const read = readRecordingFile(path, run.format);
    if (!read.ok) throw new StepwrightError('IMPORT_INVALID', read.problem);
    await run.feed(read.file);
    return read.file;
  })();
  // Looked at in its turn; until then it is nobody's unhandled failure.
  feeding.catch(() => undefined);
  return feeding;
}
