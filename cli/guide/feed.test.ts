import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIngestUnderTest } from '../../gateway/test-support/ingest-under-test.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { feedRecording } from './feed.ts';
import type { RecordingFile } from './recording-file.ts';

const clicks: CaptureEvent[] = [1, 2, 3].map((seq) => ({
  seq,
  atMs: 1_000 * seq,
  kind: 'click',
  target: { role: 'button', name: 'Save' },
}));

function fileOf(events: readonly CaptureEvent[]): RecordingFile {
  const recording = { format: 'events', agent: { name: 'a', version: '1' }, startedAtMs: 1_000, events } as const;
  return { path: 'r.jsonl', sessionId: 'file-1', recording, screenshotPath: () => '' };
}

test('T1: a file that is fed in two lives, hours apart, is the same recording: its end has its own time', async () => {
  const ingest = await createIngestUnderTest();
  const file = fileOf(clicks);
  await ingest.service.open({
    tenantId: 'acme',
    sessionId: 'file-1',
    deviceId: 'stepwright-guide',
    atMs: 1_000,
    agent: file.recording.agent,
  });
  ingest.clock.advance(5 * 3_600_000);
  await feedRecording(ingest.service, createEventParser(), 'acme', file);
  const events = await ingest.events();
  assert.deepEqual(
    events.map(({ seq, atMs, kind }) => [seq, atMs, kind]),
    [
      [1, 1_000, 'click'],
      [2, 2_000, 'click'],
      [3, 3_000, 'click'],
      [4, 3_000, 'session.finished'],
    ],
  );
});

test('feeding a finished file again appends nothing', async () => {
  const ingest = await createIngestUnderTest();
  for (let life = 0; life < 2; life += 1) await feedRecording(ingest.service, createEventParser(), 'acme', fileOf(clicks));
  assert.equal((await ingest.events()).length, 4);
});
