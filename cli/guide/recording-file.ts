import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defaultImportLimits } from '../../agent/import/import-limits.ts';
import { importRecording } from '../../agent/import/import-recording.ts';
import type { ImportedRecording, ImportFormat } from '../../agent/import/import-result.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';

/** A recording read from disk, ready to be fed. */
export interface RecordingFile {
  readonly path: string;
  /** Of the content: the same file is the same session, wherever it lies and however often it is run. */
  readonly sessionId: string;
  readonly recording: ImportedRecording;
  /** Bytes of a screenshot by SHA-256, from `screenshots/` beside the file. */
  readonly screenshotPath: (sha256: string) => string;
}

export type ReadRecording = { readonly ok: true; readonly file: RecordingFile } | { readonly ok: false; readonly problem: string };

/** Reads and imports one file; what is wrong with it is a sentence that names line and field. */
export function readRecordingFile(path: string, format: ImportFormat | undefined): ReadRecording {
  let bytes: Buffer;
  try {
    const { size } = statSync(path);
    if (size > defaultImportLimits.wireBytes) return refused(`it has ${size} bytes; at most ${defaultImportLimits.wireBytes} are read`);
    bytes = readFileSync(path);
  } catch (error) {
    return refused(fileProblem(error));
  }
  const screenshotPath = (sha256: string): string => join(dirname(path), 'screenshots', `${sha256}.png`);
  const result = importRecording({ fileName: path, bytes, screenshots: 'keep', ...(format === undefined ? {} : { format }) });
  if (!result.ok)
    return refused([result.error.line && `line ${result.error.line}`, result.error.field, result.error.message].filter(Boolean).join(': '));
  const recording = { ...result.recording, events: result.recording.events.map((event) => withKnownScreenshot(event, screenshotPath)) };
  const sessionId = `file-${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`;
  return { ok: true, file: { path, sessionId, recording, screenshotPath } };
}

/** A screenshot whose bytes are not there is said to be missing, as an agent would. */
function withKnownScreenshot(event: CaptureEvent, pathOf: (sha256: string) => string): CaptureEvent {
  if (event.screenshot === undefined || existsSync(pathOf(event.screenshot.sha256))) return event;
  return withoutScreenshot(event, 'the file of the screenshot is not beside the recording');
}

/** The same event without its picture, which the guide then says. */
export function withoutScreenshot(event: CaptureEvent, reason: string): CaptureEvent {
  const { screenshot, ...rest } = event;
  return { ...rest, kind: 'screenshot.missing', ofSeq: screenshot?.ofSeq ?? event.seq, reason };
}

function refused(problem: string): ReadRecording {
  return { ok: false, problem };
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder; name files',
    EACCES: 'it may not be read',
  };
  return words[code] ?? `it cannot be read (${code})`;
}
