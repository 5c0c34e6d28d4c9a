import { readFileSync } from 'node:fs';
import type { FetchLike } from '../../agent/sdk/ingest-client.ts';
import { Uploader } from '../../agent/sdk/uploader.ts';
import { readRecordingFile, type RecordingFile } from '../guide/recording-file.ts';

export interface PlayOptions {
  readonly token: string;
  /** Where requests go; a gateway that dies makes it throw, and the next try may go elsewhere. */
  readonly fetch: FetchLike;
  /** Called when every event of this share (of 1) was acked, before the next is sent. */
  readonly at?: ReadonlyMap<number, () => Promise<void>>;
}

/** @throws when the file is damaged. */
export function recordingAt(path: string): RecordingFile {
  const read = readRecordingFile(path, undefined);
  if (!read.ok) throw new Error(`${path}: ${read.problem}`);
  return read.file;
}

/**
 * Plays a recording through the ingest API as an agent would have sent it, with the times that the file has: what comes out must not depend on when or where
 * it was played (T1).
 */
export async function playRecording({ recording, sessionId, screenshotPath }: RecordingFile, options: PlayOptions): Promise<void> {
  const { agent, title, events } = recording;
  const uploader = new Uploader({
    baseUrl: '',
    token: options.token,
    deviceId: 'player',
    sessionId,
    agent,
    ...(title !== undefined && { title }),
    gatherMs: 5,
    maxBatchEvents: 20,
    timeoutMs: 8_000,
    runtime: { fetch: options.fetch, nowMs: () => recording.startedAtMs },
  });
  await uploader.open();
  const stops = [...(options.at ?? [])].map(([share, act]) => ({ index: Math.floor(events.length * share), act }));
  for (const [index, { seq: _counted, ...event }] of events.entries()) {
    const sha256 = event.screenshot?.sha256;
    uploader.record(event, sha256 === undefined ? undefined : new Uint8Array(readFileSync(screenshotPath(sha256))));
    const stop = stops.find((each) => each.index === index);
    if (stop === undefined) continue;
    await uploader.flush();
    await stop.act();
  }
  await uploader.flush();
  // Its own end, not one of this moment, when the file has one.
  if (events.at(-1)?.kind !== 'session.finished') {
    uploader.record({ kind: 'session.finished', atMs: Math.max(...events.map(({ atMs }) => atMs)) });
    await uploader.flush();
  }
}
