import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Uploader } from '../../agent/sdk/uploader.ts';
import { importRecording } from '../../agent/import/import-recording.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

export interface DemoOptions {
  /** Holds `events.jsonl` and `screenshots/`. */
  readonly folder: string;
  readonly baseUrl: string;
  readonly token: string;
  readonly sessionId: string;
  /** 1 plays as it was recorded, 4 four times as fast. */
  readonly pace: number;
  readonly stopped: AbortSignal;
  readonly onProgress: (sentCount: number, totalCount: number) => void;
}

const title = 'Set up a support team';

/**
 * Plays a recorded folder through the ingest API, as the recorder would have sent it. Events keep their distances in time; only the sending is
 * faster. Answers false when it was stopped.
 */
export async function playDemo(options: DemoOptions): Promise<boolean> {
  const events = readEvents(options.folder);
  const firstAtMs = events[0]?.atMs ?? 0;
  const uploader = new Uploader({
    baseUrl: options.baseUrl,
    token: options.token,
    deviceId: 'demo-player',
    sessionId: options.sessionId,
    title,
    agent: { name: 'stepwright-demo', version: '1.0.0' },
  });
  await uploader.open();
  const startedAtMs = Date.now();
  for (const [index, event] of events.entries()) {
    await waitUntil(startedAtMs + (event.atMs - firstAtMs) / options.pace, options.stopped);
    if (options.stopped.aborted) {
      uploader.stop();
      return false;
    }
    const { seq: _, ...rest } = event;
    if (event.kind !== 'session.finished')
      uploader.record({ ...rest, atMs: startedAtMs + (event.atMs - firstAtMs) }, pictureOf(options.folder, event));
    options.onProgress(index + 1, events.length);
  }
  await uploader.finish();
  return true;
}

function readEvents(folder: string): readonly CaptureEvent[] {
  const fileName = join(folder, 'events.jsonl');
  const result = importRecording({ fileName, bytes: readFileSync(fileName), format: 'events', screenshots: 'keep' });
  if (result.ok) return result.recording.events;
  throw new StepwrightError('IMPORT_INVALID', `the bundled recording is damaged: ${result.error.message}`);
}

function pictureOf(folder: string, { screenshot }: CaptureEvent): Uint8Array<ArrayBuffer> | undefined {
  return screenshot === undefined ? undefined : new Uint8Array(readFileSync(join(folder, 'screenshots', `${screenshot.sha256}.png`)));
}

async function waitUntil(atMs: number, stopped: AbortSignal): Promise<void> {
  const delayMs = atMs - Date.now();
  if (delayMs <= 0 || stopped.aborted) return;
  // Rejects when it is stopped, and the caller looks at the signal itself.
  await setTimeout(delayMs, undefined, { signal: stopped }).catch(() => undefined);
}
