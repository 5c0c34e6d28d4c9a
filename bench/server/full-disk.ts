import { closeSync, cpSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Uploader } from '../../agent/sdk/uploader.ts';
import type { DemoRecording } from '../../cli/start/demo-recording.ts';
import { freePort } from '../../services/free-port.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { runCommand, startServerProcess, type ServerProcess } from './server-process.ts';
import { readUploaded, startUpload, type Uploaded } from './upload-client.ts';

export interface FullDiskUpload extends Uploaded {
  readonly squeezes: readonly Squeeze[];
  /** Codes that the SDK met. */
  readonly problems: readonly string[];
  readonly exitCode: number | null;
}

/** One time that the disk was full. */
export interface Squeeze {
  /** What was left: inside the reserve that the platform keeps, or nothing at all. */
  readonly freeBytes: number;
  /** Of another agent's request meanwhile. */
  readonly status: number;
  readonly code: string;
  readonly ackedSeq: number;
  /** The server took nothing more by itself once there was space, and had to be started again. */
  readonly wasRestarted: boolean;
}

export interface PlannedSqueeze {
  readonly atAckedSeq: number;
  readonly freeBytes: number;
}

export interface FullDiskOptions {
  readonly root: string;
  readonly recording: DemoRecording;
  /** `data/keys` of the undisturbed run. */
  readonly keysFolder: string;
  readonly plan: readonly PlannedSqueeze[];
}

const refusedWithinMs = 10_000;
const heldFullMs = 700;
const goesOnWithinMs = 10_000;

/**
 * Uploads a recording to a real server whose data folder `root/data` lies on a small file system of its own, which is filled up at each planned moment,
 * held full, and emptied again.
 */
export async function runFullDisk(options: FullDiskOptions): Promise<FullDiskUpload> {
  const { root, recording, keysFolder, plan } = options;
  cpSync(keysFolder, join(root, 'data', 'keys'), { recursive: true });
  const port = await freePort();
  const start = (): Promise<ServerProcess> => startServerProcess({ root, port, flags: ['--no-analytics'] });
  let server = await start();
  try {
    const token = (await runCommand(root, ['keys', 'add', '--tenant', 'acme', '--role', 'admin'])).trim();
    const { uploader, problems, done } = startUpload(server.baseUrl, token, recording);
    const squeezes: Squeeze[] = [];
    for (const { atAckedSeq, freeBytes } of plan) {
      while (uploader.progress.ackedSeq < atAckedSeq) await Promise.race([done, wait(1)]);
      const balloon = inflate(join(root, 'data'), freeBytes);
      const refusal = await untilRefused(server.baseUrl, token);
      await wait(heldFullMs);
      const { ackedSeq } = uploader.progress;
      rmSync(balloon);
      const wasRestarted = !(await goesOn(uploader, server.baseUrl, token));
      if (wasRestarted) {
        await server.stop();
        server = await start();
      }
      squeezes.push({ freeBytes, ...refusal, ackedSeq, wasRestarted });
    }
    await done;
    const uploaded = await readUploaded(server.baseUrl, token);
    return { ...uploaded, squeezes, problems: [...problems], exitCode: await server.stop() };
  } finally {
    await server.stop('SIGKILL');
  }
}

/** Writes a file that leaves so much free. */
function inflate(folder: string, freeBytes: number): string {
  const path = join(folder, 'balloon');
  const file = openSync(path, 'w');
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(folder);
      const tooMuch = bavail * bsize - freeBytes;
      if (tooMuch <= 0) return path;
      writeSync(file, Buffer.alloc(Math.min(tooMuch, 4 << 20)));
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return path;
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Opens sessions of another device until one is refused. */
async function untilRefused(baseUrl: string, token: string): Promise<Pick<Squeeze, 'status' | 'code'>> {
  const until = Date.now() + refusedWithinMs;
  while (Date.now() < until) {
    const { status, body } = await openProbe(baseUrl, token);
    if (status >= 400) return { status, code: /"code":"([A-Z_]+)"/.exec(body)?.[1] ?? body };
    await wait(20);
  }
  throw new StepwrightError('TASK_FAILED', 'a server on a full disk refused nothing');
}

async function openProbe(baseUrl: string, token: string): Promise<{ readonly status: number; readonly body: string }> {
  const answer = await fetch(`${baseUrl}/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ deviceId: 'probe', atMs: Date.now(), agent: { name: 'probe', version: '1' } }),
  });
  return { status: answer.status, body: await answer.text() };
}

/** Whether a session can be opened and the upload moves, or has nothing left to send. */
async function goesOn(uploader: Uploader, baseUrl: string, token: string): Promise<boolean> {
  const until = Date.now() + goesOnWithinMs;
  const { ackedSeq } = uploader.progress;
  const moves = (): boolean => uploader.progress.ackedSeq > ackedSeq || uploader.progress.lastSeq === uploader.progress.ackedSeq;
  while (Date.now() < until) {
    if ((await openProbe(baseUrl, token)).status < 400 && moves()) return true;
    await wait(50);
  }
  return false;
}
