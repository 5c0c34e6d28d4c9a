import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importRecording } from '../../agent/import/import-recording.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/** A recorded folder: `events.jsonl` and `screenshots/`. */
export interface DemoRecording {
  readonly events: readonly CaptureEvent[];
  pictureOf(event: CaptureEvent): Uint8Array<ArrayBuffer> | undefined;
}

/** @throws {IMPORT_INVALID} when the folder is damaged. */
export function readDemoRecording(folder: string): DemoRecording {
  const fileName = join(folder, 'events.jsonl');
  const result = importRecording({ fileName, bytes: readFileSync(fileName), format: 'events', screenshots: 'keep' });
  if (!result.ok) throw new StepwrightError('IMPORT_INVALID', `the bundled recording is damaged: ${result.error.message}`);
  return {
    events: result.recording.events,
    pictureOf: ({ screenshot }) =>
      screenshot === undefined ? undefined : new Uint8Array(readFileSync(join(folder, 'screenshots', `${screenshot.sha256}.png`))),
  };
}
