import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Uploader } from '../../agent/sdk/uploader.ts';
import type { DemoRecording } from '../../cli/start/demo-recording.ts';
import { freePort } from '../../services/free-port.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Dice } from '../chaos/dice.ts';
import { runCommand, startServerProcess, type ServerProcess } from './server-process.ts';

export interface UploadRunOptions {
  /** Holds the server's data folder and the output of all of its lives. */
  readonly root: string;
  readonly recording: DemoRecording;
  /** None: the undisturbed run. */
  readonly kills: readonly PlannedServerKill[];
  /** `data/keys` of another run: names of pictures are made with a key of the session, so runs that are compared need the same. */
  readonly keysFolder?: string;
}

/** A SIGKILL `delayMs` after the agent had seen an ack of `atAckedSeq`, or earlier when the upload is over. */
export interface PlannedServerKill {
  readonly atAckedSeq: number;
  readonly delayMs: number;
}

/** What a run left behind, as its clients see it. */
export interface UploadRun {
  /** guide.json, the page and the Markdown, byte by byte. */
  readonly documents: readonly string[];
  readonly session: Readonly<Record<string, unknown>>;
  /** The agent's ack at each kill. */
  readonly killedAtAckedSeqs: readonly number[];
  /** Requests without an answer, by code. */
  readonly problems: ReadonlySet<string>;
  /** Of the last life, ended by SIGINT. */
  readonly exitCode: number | null;
}

const sessionId = 'recorded';
const longestRetryMs = 200;
const guideWithinMs = 60_000;

/** Moments spread over the upload by the dice; the last one is behind the last ack, while the tail is processed. */
export function planServerKills(dice: Dice, killCount: number, eventCount: number): PlannedServerKill[] {
  const during = Array.from({ length: killCount - 1 }, () => ({ atAckedSeq: dice.below(eventCount), delayMs: dice.below(60) }));
  return [...during.sort((left, right) => left.atAckedSeq - right.atAckedSeq), { atAckedSeq: eventCount, delayMs: dice.below(200) }];
}

/**
 * Uploads a recording with the SDK to a real server, which dies at each planned moment and is started again on the same folder and port; nothing tells
 * the SDK. Then waits for the finished guide and ends the server in good order.
 */
export async function runUpload(options: UploadRunOptions): Promise<UploadRun> {
  const { root, recording, kills, keysFolder } = options;
  if (keysFolder !== undefined) cpSync(keysFolder, join(root, 'data', 'keys'), { recursive: true });
  const port = await freePort();
  const start = (): Promise<ServerProcess> => startServerProcess({ root, port, flags: ['--no-analytics'] });
  let server = await start();
  try {
    const token = (await runCommand(root, ['keys', 'add', '--tenant', 'acme', '--role', 'admin'])).trim();
    const problems = new Set<string>();
    const uploader = createUploader(server.baseUrl, token, recording, problems);
    const uploading = uploadAll(uploader, recording);
    // Awaited below, whatever the kills do meanwhile.
    uploading.catch(() => undefined);
    const killedAtAckedSeqs: number[] = [];
    for (const { atAckedSeq, delayMs } of kills) {
      while (uploader.progress.ackedSeq < atAckedSeq && uploader.progress.problem !== 'SESSION_GONE') await wait(1);
      await wait(delayMs);
      await server.stop('SIGKILL');
      killedAtAckedSeqs.push(uploader.progress.ackedSeq);
      server = await start();
    }
    await uploading;
    const documents = await finishedGuide(server.baseUrl, token);
    const session = JSON.parse(await read(server.baseUrl, `/v1/sessions/${sessionId}`, token));
    return { documents, session, killedAtAckedSeqs, problems, exitCode: await server.stop() };
  } finally {
    await server.stop('SIGKILL');
  }
}

/** Small batches, so that kills meet many requests; no wait longer than a restart. Its clock stands still: times of a guide are relative to the open. */
function createUploader(baseUrl: string, token: string, { events }: DemoRecording, problems: Set<string>): Uploader {
  const openedAtMs = events[0]?.atMs ?? 0;
  return new Uploader({
    baseUrl,
    token,
    deviceId: 'laptop',
    sessionId,
    title: 'Recorded',
    agent: { name: 'killed-upload', version: '1' },
    maxBatchEvents: 5,
    gatherMs: 0,
    runtime: { nowMs: () => openedAtMs, sleep: (delayMs) => wait(Math.min(delayMs, longestRetryMs)) },
    onProgress: ({ problem }) => problem !== undefined && problems.add(problem),
  });
}

/** The end is an event of the recording, with its own time. */
async function uploadAll(uploader: Uploader, { events, pictureOf }: DemoRecording): Promise<void> {
  await uploader.open();
  for (const { seq: _, ...event } of events) {
    uploader.record(event, event.kind === 'screenshot' ? pictureOf({ seq: 0, ...event }) : undefined);
    await wait(2);
  }
  await uploader.flush();
}

async function finishedGuide(baseUrl: string, token: string): Promise<string[]> {
  const until = Date.now() + guideWithinMs;
  const isThere = async (): Promise<boolean> => {
    const answer = await fetch(`${baseUrl}/v1/guides/${sessionId}?format=md`, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    return answer.ok;
  };
  while (!(await isThere())) {
    if (Date.now() > until) throw new StepwrightError('TASK_FAILED', 'the recording did not become a guide');
    await wait(50);
  }
  return Promise.all(['json', 'html', 'md'].map((format) => read(baseUrl, `/v1/guides/${sessionId}?format=${format}`, token)));
}

async function read(baseUrl: string, path: string, token: string): Promise<string> {
  const answer = await fetch(`${baseUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const text = await answer.text();
  if (!answer.ok) throw new StepwrightError('TASK_FAILED', `${path} answered ${answer.status}: ${text}`);
  return text;
}
