import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { DemoRecording } from '../../cli/start/demo-recording.ts';
import { freePort } from '../../services/free-port.ts';
import type { Dice } from '../../topology/testing/dice.ts';
import { runCommand, startServerProcess, type ServerProcess } from './server-process.ts';
import { readUploaded, startUpload, type Uploaded } from './upload-client.ts';

export interface KilledUploadOptions {
  /** Holds the server's data folder and the output of all of its lives. */
  readonly root: string;
  readonly recording: DemoRecording;
  /** None: the undisturbed run. */
  readonly kills: readonly PlannedServerKill[];
  /** `data/keys` of another run: names of pictures are made with a key of the session, so runs that are compared need the same. */
  readonly keysFolder?: string;
}

/** A SIGKILL `delayMs` after the agent had seen an ack of `atAckedSeq`. */
export interface PlannedServerKill {
  readonly atAckedSeq: number;
  readonly delayMs: number;
}

export interface KilledUpload extends Uploaded {
  /** The agent's ack at each kill. */
  readonly killedAtAckedSeqs: readonly number[];
  readonly problems: ReadonlySet<string>;
  /** Of the last life, ended by SIGINT. */
  readonly exitCode: number | null;
}

/** Moments spread by the dice over the first part of the upload, so that each meets it; the last one is behind the last ack, while the tail is processed. */
export function planServerKills(dice: Dice, killCount: number, eventCount: number): PlannedServerKill[] {
  const during = Array.from({ length: killCount - 1 }, () => ({
    atAckedSeq: dice.below(Math.ceil(eventCount * 0.7)),
    delayMs: dice.below(40),
  }));
  return [...during.sort((left, right) => left.atAckedSeq - right.atAckedSeq), { atAckedSeq: eventCount, delayMs: dice.below(200) }];
}

/**
 * Uploads a recording with the SDK to a real server, which dies at each planned moment and is started again on the same folder and port; nothing tells
 * the SDK. Then waits for the finished guide and ends the server in good order.
 */
export async function runKilledUpload(options: KilledUploadOptions): Promise<KilledUpload> {
  const { root, recording, kills, keysFolder } = options;
  if (keysFolder !== undefined) cpSync(keysFolder, join(root, 'data', 'keys'), { recursive: true });
  const port = await freePort();
  const start = (): Promise<ServerProcess> => startServerProcess({ root, port, flags: ['--no-analytics'] });
  let server = await start();
  try {
    const token = (await runCommand(root, ['keys', 'add', '--tenant', 'acme', '--role', 'admin'])).trim();
    const { uploader, problems, done } = startUpload(server.baseUrl, token, recording);
    const killedAtAckedSeqs: number[] = [];
    for (const { atAckedSeq, delayMs } of kills) {
      // An upload that ended before its time has thrown; nothing more would be acked.
      while (uploader.progress.ackedSeq < atAckedSeq) await Promise.race([done, wait(1)]);
      await wait(delayMs);
      await server.stop('SIGKILL');
      killedAtAckedSeqs.push(uploader.progress.ackedSeq);
      server = await start();
    }
    await done;
    const uploaded = await readUploaded(server.baseUrl, token);
    return { ...uploaded, killedAtAckedSeqs, problems, exitCode: await server.stop() };
  } finally {
    await server.stop('SIGKILL');
  }
}
