import { setTimeout as wait } from 'node:timers/promises';
import { Uploader } from '../../agent/sdk/uploader.ts';
import type { DemoRecording } from '../../cli/start/demo-recording.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/** The session that these runs upload. */
export const uploadedSession = 'recorded';

const longestRetryMs = 200;
const guideWithinMs = 60_000;

/** What a server made of the upload, as its clients see it. */
export interface Uploaded {
  /** guide.json, the page and the Markdown, byte by byte. */
  readonly documents: readonly string[];
  readonly session: Readonly<Record<string, unknown>>;
}

/** An upload under way. */
export interface RunningUpload {
  readonly uploader: Uploader;
  /** Codes of tries that got no good answer. */
  readonly problems: Set<string>;
  /** Everything was acked. */
  readonly done: Promise<void>;
}

/** Begins to upload a recording with the SDK: small batches, so that a disturbance meets many requests, and no wait longer than a restart. */
export function startUpload(baseUrl: string, token: string, recording: DemoRecording): RunningUpload {
  const problems = new Set<string>();
  // Its clock stands still: times of a guide are relative to the open.
  const openedAtMs = recording.events[0]?.atMs ?? 0;
  const uploader = new Uploader({
    baseUrl,
    token,
    deviceId: 'laptop',
    sessionId: uploadedSession,
    title: 'Recorded',
    agent: { name: 'upload-client', version: '1' },
    maxBatchEvents: 5,
    gatherMs: 0,
    runtime: { nowMs: () => openedAtMs, sleep: (delayMs) => wait(Math.min(delayMs, longestRetryMs)) },
    onProgress: ({ problem }) => problem !== undefined && problems.add(problem),
  });
  const done = recordAll(uploader, recording);
  // Whoever disturbs the server awaits it later.
  done.catch(() => undefined);
  return { uploader, problems, done };
}

/** The end is an event of the recording, with its own time. */
async function recordAll(uploader: Uploader, { events, pictureOf }: DemoRecording): Promise<void> {
  await uploader.open();
  for (const event of events) {
    const { seq: _, ...rest } = event;
    uploader.record(rest, pictureOf(event));
    await wait(2);
  }
  await uploader.flush();
}

/** Waits for the finished guide. @throws {TASK_FAILED} when there is none after a minute. */
export async function readUploaded(baseUrl: string, token: string): Promise<Uploaded> {
  const guide = `/v1/guides/${uploadedSession}`;
  const until = Date.now() + guideWithinMs;
  while ((await ask(baseUrl, `${guide}?format=md`, token)).status !== 200) {
    if (Date.now() > until) throw new StepwrightError('TASK_FAILED', 'the recording did not become a guide');
    await wait(50);
  }
  const documents = await Promise.all(['json', 'html', 'md'].map((format) => read(baseUrl, `${guide}?format=${format}`, token)));
  return { documents, session: JSON.parse(await read(baseUrl, `/v1/sessions/${uploadedSession}`, token)) };
}

async function read(baseUrl: string, path: string, token: string): Promise<string> {
  const { status, text } = await ask(baseUrl, path, token);
  if (status !== 200) throw new StepwrightError('TASK_FAILED', `${path} answered ${status}: ${text}`);
  return text;
}

async function ask(baseUrl: string, path: string, token: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${baseUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, text: await answer.text() };
}
