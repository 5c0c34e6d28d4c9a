import { readFileSync } from 'node:fs';
import { Refusal } from '../../gateway/http/refusal.ts';
import { readBatch } from '../../gateway/ingest/event-batch.ts';
import type { SessionRef } from '../../gateway/http/session-ref.ts';
import type { IngestService } from '../../gateway/ingest/ingest-service.ts';
import { defaultIngestLimits } from '../../gateway/ingest/limits.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import type { EventParser } from '../../schemas/validate-event.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { withoutScreenshot, type RecordingFile } from './recording-file.ts';

const deviceId = 'stepwright-guide';

/**
 * Sends a file through ingest as an agent would: open, pictures, batches, finish. Goes on where an earlier run stopped; a finished one is left
 * alone. Holes of the file stay holes, so that they are counted. The end has the file's own time: a mark set by the clock would make the
 * guide depend on when it was fed (T1).
 * @throws {IMPORT_INVALID} when ingest refuses something; the message names the field.
 */
export async function feedRecording(ingest: IngestService, parser: EventParser, tenantId: string, file: RecordingFile): Promise<void> {
  const { recording, sessionId } = file;
  const ref: SessionRef = { tenantId, sessionId };
  const { title, agent, startedAtMs } = recording;
  const opened = accept(await ingest.open({ ...ref, deviceId, atMs: startedAtMs, agent, ...(title === undefined ? {} : { title }) }));
  if (opened.state.status === 'finished') return;
  const events = withEnd(recording.events).filter((event) => event.seq > opened.state.ackedSeq);
  for (const run of batchesOf(await storeScreenshots(ingest, ref, file, events))) {
    const firstSeq = run[0]?.seq ?? 0;
    const batch = accept(readBatch({ firstSeq, events: run, lostBefore: true }, defaultIngestLimits, parser));
    accept(await ingest.append(ref, deviceId, batch, JSON.stringify(run).length));
  }
  const state = accept(ingest.find(ref));
  if (state.status === 'finished') return;
  accept(await ingest.mark(ref, deviceId, { kind: 'session.finished', lastSeq: state.ackedSeq, abandon: true }));
}

function withEnd(events: readonly CaptureEvent[]): readonly CaptureEvent[] {
  const last = events.at(-1);
  if (last === undefined || last.kind === 'session.finished') return events;
  return [
    ...events,
    { seq: last.seq + 1, atMs: events.reduce((latest, { atMs }) => Math.max(latest, atMs), last.atMs), kind: 'session.finished' },
  ];
}

/** Stores the pictures and answers the events. One that is no picture is told missing under the same seq, as an agent would. */
async function storeScreenshots(
  ingest: IngestService,
  ref: SessionRef,
  file: RecordingFile,
  events: readonly CaptureEvent[],
): Promise<readonly CaptureEvent[]> {
  const stored: CaptureEvent[] = [];
  for (const event of events) {
    const sha256 = event.screenshot?.sha256;
    const isStored = sha256 === undefined || (await ingest.hasScreenshot(ref, sha256));
    const answer = isStored ? undefined : await ingest.putScreenshot(ref, sha256, readFileSync(file.screenshotPath(sha256)));
    const isBadPicture = answer instanceof Refusal && answer.code.startsWith('SCREENSHOT_');
    if (!isBadPicture) accept(answer);
    stored.push(isBadPicture ? withoutScreenshot(event, answer.message) : event);
  }
  return stored;
}

/** Runs of consecutive seqs, none longer than a batch may be. */
function batchesOf(events: readonly CaptureEvent[]): CaptureEvent[][] {
  const runs: CaptureEvent[][] = [];
  for (const event of events) {
    const run = runs.at(-1);
    const follows = run !== undefined && run.at(-1)?.seq === event.seq - 1 && run.length < batchEvents;
    if (follows) run.push(event);
    else runs.push([event]);
  }
  return runs;
}

/** Fewer than ingest allows, so that a chunk stays small. */
const batchEvents = 200;

function accept<T>(answer: T | Refusal): T {
  if (!(answer instanceof Refusal)) return answer;
  throw new StepwrightError('IMPORT_INVALID', `ingest refused it: ${answer.message} [${answer.code}]`);
}
