import { importChromeRecorder } from './chrome-recorder/chrome-recorder.ts';
import { fitContract } from './fit-contract.ts';
import { importEvents } from './events/events.ts';
import { defaultImportLimits, type ImportContext, type ImportLimits } from './import-limits.ts';
import type { ImportedRecording, ImportFormat, ImportResult, Parsed } from './import-result.ts';
import { refused } from './import-result.ts';
import { isObject, parseJson, readText } from './json-text.ts';
import { importMiniwob } from './miniwob/miniwob.ts';

export interface ImportOptions {
  /** For messages only; nothing is opened. */
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** Detected from the content when absent. */
  readonly format?: ImportFormat;
  /** Clock of formats that have none of their own (miniwob counts from 0, Chrome Recorder has no times). Default 2020-01-01 UTC. */
  readonly startedAtMs?: number;
  /** `events` files name screenshots whose bytes are elsewhere. `missing` (default) says so in the guide; `keep` when the caller has the bytes. */
  readonly screenshots?: 'keep' | 'missing';
  readonly limits?: Partial<ImportLimits>;
}

const defaultStartedAtMs = Date.UTC(2020, 0, 1);

/**
 * Turns a file made elsewhere into capture events. Untrusted input: sizes and depths are bounded, a bad file is a result that names the
 * place and never quotes a value. Deterministic: the same bytes give the same events.
 */
export function importRecording(options: ImportOptions): ImportResult {
  const context: ImportContext = {
    limits: { ...defaultImportLimits, ...options.limits },
    startedAtMs: options.startedAtMs ?? defaultStartedAtMs,
    screenshots: options.screenshots ?? 'missing',
  };
  const result = readRecording(options, context);
  if (result.ok) return { ok: true, recording: { ...result.value, events: result.value.events.map(fitContract) } };
  return { ok: false, error: { code: 'IMPORT_INVALID', file: options.fileName, ...result.fault } };
}

function readRecording(options: ImportOptions, context: ImportContext): Parsed<ImportedRecording> {
  const text = readText(options.bytes, context.limits);
  if (!text.ok) return text;
  if (text.value.trim() === '') return refused('the file is empty');
  const format = options.format ?? detectFormat(text.value);
  if (format === 'events') return importEvents(text.value, context);
  if (format === undefined) {
    return refused('the format is not known: give --format events, miniwob or chrome-recorder');
  }
  const document = parseJson(text.value, context.limits);
  if (!document.ok) return document;
  return format === 'miniwob' ? importMiniwob(document.value, context) : importChromeRecorder(document.value, context);
}

/**
 * JSON Lines whose first line has `seq` and `kind` are `events`; a document with `states` is `miniwob`, one with `steps` is `chrome-recorder`.
 * Looks at the text only as far as it must: a file that starts like one format is read as that format, so its fault is told in its words.
 */
export function detectFormat(text: string): ImportFormat | undefined {
  const start = text.replace(/^\uFEFF/, '').trimStart();
  const newline = start.indexOf('\n');
  const firstLine = tryParse(newline === -1 ? start : start.slice(0, newline));
  if (isObject(firstLine) && 'seq' in firstLine && 'kind' in firstLine) return 'events';
  if (/"states"\s*:\s*\[/.test(start)) return 'miniwob';
  if (/"steps"\s*:\s*\[/.test(start)) return 'chrome-recorder';
  return undefined;
}

function tryParse(text: string): unknown {
  try {
    const value: unknown = text.length > 1_000_000 ? undefined : JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
