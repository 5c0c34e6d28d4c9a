import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Uploader } from '../../agent/sdk/uploader.ts';
import { readDemoRecording } from './demo-recording.ts';

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
 * faster. Answers false when it was stopped, whatever the server does.
 */
export async function playDemo(options: DemoOptions): Promise<boolean> {
  const uploader = new Uploader({
    baseUrl: options.baseUrl,
    token: options.token,
    deviceId: 'demo-player',
    sessionId: options.sessionId,
    title,
    agent: { name: 'stepwright-demo', version: '1.0.0' },
  });
  const { stopped } = options;
  stopped.addEventListener('abort', () => uploader.stop(), { once: true });
  const sending = send(uploader, options);
  // A try that is under way ends when its answer comes; nobody waits for it.
  sending.catch(() => undefined);
  return Promise.race([sending, whenAborted(stopped)]);
}

/** Goes on behind what an interrupted start has sent already. */
async function send(uploader: Uploader, { folder, pace, stopped, onProgress }: DemoOptions): Promise<boolean> {
  const { events, pictureOf } = readDemoRecording(folder);
  const { ackedSeq } = await uploader.open();
  const left = events.filter(({ seq }) => seq > ackedSeq);
  const firstAtMs = left[0]?.atMs ?? 0;
  const startedAtMs = Date.now();
  for (const event of left) {
    await waitUntil(startedAtMs + (event.atMs - firstAtMs) / pace, stopped);
    if (stopped.aborted) return false;
    const { seq, ...rest } = event;
    if (event.kind !== 'session.finished') uploader.record({ ...rest, atMs: startedAtMs + (event.atMs - firstAtMs) }, pictureOf(event));
    onProgress(seq, events.length);
  }
  await uploader.finish();
  return true;
}

async function whenAborted(stopped: AbortSignal): Promise<false> {
  if (!stopped.aborted) await once(stopped, 'abort');
  return false;
}

async function waitUntil(atMs: number, stopped: AbortSignal): Promise<void> {
  const delayMs = atMs - Date.now();
  if (delayMs <= 0 || stopped.aborted) return;
  // Rejects when it is stopped, and the caller looks at the signal itself.
  await setTimeout(delayMs, undefined, { signal: stopped }).catch(() => undefined);
}
