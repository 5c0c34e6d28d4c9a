import type { CaptureEvent } from '../../schemas/types/capture-event.ts';

export type ImportFormat = 'events' | 'miniwob' | 'chrome-recorder';
export const importFormats: readonly ImportFormat[] = ['events', 'miniwob', 'chrome-recorder'];

/** A recording made elsewhere, as the events an agent would have sent after `session.opened`. */
export interface ImportedRecording {
  readonly format: ImportFormat;
  readonly title?: string;
  readonly agent: { readonly name: string; readonly version: string; readonly platform?: string };
  /** The recording's own clock when it began; `atMs` of every event is on the same clock. */
  readonly startedAtMs: number;
  /** `seq` is 1, 2, 3 … without holes, unless an `events` file has holes of its own: those stay, so that they are counted. */
  readonly events: readonly CaptureEvent[];
}

/** What a person needs to repair the file. Never holds a value of the file. */
export interface ImportError {
  readonly code: 'IMPORT_INVALID';
  readonly file: string;
  /** 1-based, where the format has lines. */
  readonly line?: number;
  /** Path of the field, as in `states[3].action.type`. */
  readonly field?: string;
  readonly message: string;
}

export type ImportResult =
  | { readonly ok: true; readonly recording: ImportedRecording }
  | { readonly ok: false; readonly error: ImportError };

/** Where and why a file is refused, before the file's name is known. */
export interface ImportFault {
  readonly line?: number;
  readonly field?: string;
  readonly message: string;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: ImportFault };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused<T>(message: string, at: Omit<ImportFault, 'message'> = {}): Parsed<T> {
  return { ok: false, fault: { ...at, message } };
}
