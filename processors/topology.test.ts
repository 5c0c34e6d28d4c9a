import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { stringSerde } from '../schemas/serdes.ts';
import type { CaptureChunk, CaptureEvent } from '../schemas/types/capture-event.ts';
import type { Guide } from '../schemas/types/guide.ts';
import { importRecording } from '../agent/import/import-recording.ts';
import { createMemoryBackendFactory } from '../state/memory/memory-backend.ts';
import { createMemoryLog } from '../topology/log/memory/memory-log.ts';
import { createManualClock } from '../topology/testing/manual-clock.ts';
import { createMemoryKeyring } from './ports/memory-keyring.ts';
import { createGuideDriver, passThroughStage, type GuideDriver } from './test-support/guide-driver.ts';
import { sampleChunk, sampleEvents, sampleOpenedAtMs, type EventDraft } from './test-support/sample-session.ts';
import { buildGuideTopology, captureTopic } from './topology.ts';

const button = { role: 'button', name: 'Save', ref: 'b' };
const click = (ms: number): EventDraft => ({
  kind: 'click',
  target: button,
  pointer: { x: 1, y: 1, button: 'left' },
  atMs: sampleOpenedAtMs + ms,
});
const session = [click(0), click(2000), { kind: 'session.finished' as const, atMs: sampleOpenedAtMs + 4000 }];

async function guidesOf(guides: GuideDriver): Promise<readonly (Guide | null)[]> {
  const records = await guides.driver.output('guide.finished.v1', stringSerde, guides.serdes['guide.finished.v1']).read();
  return records.map((record) => record.value);
}

/** A miniwob recording as the events that ingest would have written. */
function recordedChunks(name: string, sessionId: string): CaptureChunk[] {
  const bytes = readFileSync(new URL(`../../agent/import/testdata/miniwob/${name}`, import.meta.url));
  const result = importRecording({ fileName: name, bytes });
  assert.ok(result.ok);
  const { events, startedAtMs } = result.recording;
  const [opened] = sampleEvents([]);
  assert.ok(opened?.opened);
  const opening: CaptureEvent = {
    ...opened,
    atMs: startedAtMs,
    opened: { ...opened.opened, sessionId, clockSkewMs: sampleOpenedAtMs - startedAtMs },
  };
  const finished: CaptureEvent = { seq: events.length + 1, atMs: events.at(-1)?.atMs ?? 0, kind: 'session.finished' };
  return [opening, ...events, finished].map((event) => sampleChunk([event], { sessionId }));
}

test('the five processors and what is around them are one sub-topology with one declared edge back', async () => {
  const { driver } = await createGuideDriver();
  await driver.close();
  const topology = buildGuideTopology({
    serdes: (await createGuideDriver()).serdes,
    keyring: createMemoryKeyring('seed'),
    safeStage: passThroughStage,
  });
  const { subTopologies } = topology.describe();
  assert.equal(subTopologies.length, 1);
  assert.deepEqual(subTopologies[0]?.sourceTopics, [captureTopic]);
  assert.deepEqual([...(subTopologies[0]?.sinkTopics ?? [])].sort(), [
    captureTopic,
    'guide.finished.v1',
    'guide.sessions.v1',
    'guide.steps.v1',
    'title.requests.v1',
  ]);
});

test('a recording becomes steps, a session and a guide', async () => {
  const guides = await createGuideDriver();
  const steps = guides.driver.output('guide.steps.v1', stringSerde, guides.serdes['guide.steps.v1']);
  await guides.take(sampleChunk(sampleEvents(session)));
  const [guide] = await guidesOf(guides);
  assert.deepEqual(
    guide?.steps.map((step) => [step.order, step.title, step.atMs]),
    [
      [1, 'Click Save', 0],
      [2, 'Click Save', 2000],
    ],
  );
  assert.deepEqual(
    (await steps.read()).map((record) => [record.key, record.value?.state]),
    [
      ['t/s', 'provisional'],
      ['t/s', 'final'],
      ['t/s', 'provisional'],
      ['t/s', 'final'],
    ],
  );
  const sessions = await guides.driver.output('guide.sessions.v1', stringSerde, guides.serdes['guide.sessions.v1']).read();
  assert.equal(sessions.at(-1)?.value?.status, 'finished');
  await guides.driver.close();
});

test('T1: sessions of people, interleaved and cut anyhow, give the guides that each gives alone', async () => {
  const names = ['login-user-d1.json.gz', 'click-checkboxes-d2.json.gz', 'use-autocomplete-d3.json.gz', 'email-inbox-d3.json.gz'];
  const sessions = names.map((name, index) => recordedChunks(name, `s${index}`));
  const alone = await Promise.all(
    sessions.map(async (chunks) => {
      const guides = await createGuideDriver();
      await guides.take(...chunks);
      const [guide] = await guidesOf(guides);
      await guides.driver.close();
      return guide;
    }),
  );
  const together = await createGuideDriver();
  const longest = Math.max(...sessions.map((chunks) => chunks.length));
  for (let at = 0; at < longest; at += 3) {
    const turn = sessions.flatMap((chunks) => chunks.slice(at, at + 3));
    await together.take(...turn.reverse(), ...turn);
  }
  const byId = new Map((await guidesOf(together)).map((guide) => [guide?.sessionId, guide]));
  alone.forEach((guide, index) => assert.equal(JSON.stringify(byId.get(`s${index}`)), JSON.stringify(guide)));
  await together.driver.close();
});

test('T1: an owner that stops and another that goes on with its log and state change no byte of a guide', async () => {
  const chunks = recordedChunks('login-user-d1.json.gz', 's');
  const undisturbed = await createGuideDriver();
  await undisturbed.take(...chunks);
  const [expected] = await guidesOf(undisturbed);
  assert.ok(expected);
  await undisturbed.driver.close();

  const backend = createMemoryBackendFactory();
  const log = createMemoryLog({ clock: createManualClock(0) });
  const found: (Guide | null)[] = [];
  for (let at = 0; at < chunks.length; at += 7) {
    const owner = await createGuideDriver({}, { log, backend });
    const guides = owner.driver.output('guide.finished.v1', stringSerde, owner.serdes['guide.finished.v1']);
    await owner.take(...chunks.slice(at, at + 7));
    found.push(...(await guides.read()).map((record) => record.value));
    await owner.driver.close();
  }
  assert.deepEqual(
    found.map((guide) => JSON.stringify(guide)),
    [JSON.stringify(expected)],
  );
});

describe('facts', () => {
  test('T3: silence is written to the log once, and closes the session where it stands', async () => {
    const guides = await createGuideDriver();
    const facts = guides.driver.output(captureTopic, stringSerde, guides.chunkSerde);
    await guides.take(sampleChunk(sampleEvents([click(0)])));
    await guides.driver.advanceWallClock(500);
    await guides.driver.advanceWallClock(59_000);
    assert.deepEqual(await guidesOf(guides), []);
    await guides.driver.advanceWallClock(2000);
    await guides.driver.advanceWallClock(60_000);
    const written = (await facts.read()).flatMap((record) => record.value?.events ?? []).filter((event) => event.kind === 'session.idle');
    assert.deepEqual(
      written.map((event) => event.idle),
      [{ afterSeq: 1 }],
    );
    assert.equal((await guidesOf(guides)).length, 1);
    await guides.driver.close();
  });

  test('T5: a device whose clock ran weeks ahead ends by its own fact, and ends no other session with it', async () => {
    const dayMs = 86_400_000;
    const guides = await createGuideDriver();
    await guides.take(sampleChunk(sampleEvents(session), { sessionId: 'finished' }));
    const laterMs = sampleOpenedAtMs + 3 * dayMs;
    const ahead = sampleEvents([click(0), click(2000)]).map((event) => ({
      ...event,
      atMs: event.seq === 2 ? laterMs + 29 * dayMs : laterMs,
    }));
    await guides.take(sampleChunk(ahead, { sessionId: 'ahead', receivedAtMs: laterMs }));
    await guides.driver.advanceWallClock(500);
    await guides.driver.advanceWallClock(61_000);
    await guides.driver.advanceWallClock(61_000);
    const title: CaptureEvent = { seq: 3, atMs: 0, kind: 'edit', edit: { editId: 'e', author: 'a', op: 'guide-title', text: 'Kept' } };
    await guides.take(sampleChunk([title], { sessionId: 'finished', receivedAtMs: laterMs + 130_000 }));
    assert.deepEqual(
      (await guidesOf(guides)).map((guide) => [guide?.sessionId, guide?.title]),
      [
        ['finished', 'How to save'],
        ['ahead', 'How to save'],
        ['finished', 'Kept'],
      ],
    );
    await guides.driver.close();
  });

  test('T3: a replay edition writes no facts and asks no model', async () => {
    const guides = await createGuideDriver({ edition: 'replay', applicationName: 'edition-7', outputPrefix: 'edition-7.' });
    await guides.take(sampleChunk(sampleEvents([click(0)], { modelTitles: true })));
    await guides.driver.advanceWallClock(500);
    await guides.driver.advanceWallClock(3_600_000);
    const facts = await guides.driver.output(captureTopic, stringSerde, guides.chunkSerde).read();
    assert.equal(facts.length, 1);
    await guides.driver.close();
  });

  test('a finish with a hole before it is closed by a fact after a short grace', async () => {
    const guides = await createGuideDriver();
    await guides.take(sampleChunk(sampleEvents(session).filter((event) => event.seq !== 1)));
    await guides.driver.advanceWallClock(500);
    await guides.driver.advanceWallClock(2500);
    const [guide] = await guidesOf(guides);
    assert.equal(guide?.missedEvents, 1);
    assert.equal(guide?.steps.length, 1);
    await guides.driver.close();
  });

  test("a model's answer comes back as an event and a human's edit wins over it", async () => {
    const guides = await createGuideDriver();
    const requests = guides.driver.output('title.requests.v1', stringSerde, guides.serdes['title.requests.v1']);
    await guides.take(sampleChunk(sampleEvents(session, { modelTitles: true })));
    const [request] = (await requests.read()).map((record) => record.value);
    assert.ok(request?.stepId);
    const { requestId, stepId } = request;
    const answer: CaptureEvent = {
      seq: 3,
      atMs: 0,
      kind: 'title.answer',
      answer: { requestId, stepId, title: 'Save the record.', model: 'fake' },
    };
    await guides.take(sampleChunk([answer]));
    const edit: CaptureEvent = { seq: 3, atMs: 0, kind: 'edit', edit: { editId: 'e', author: 'a', op: 'title', stepId, text: 'Keep it' } };
    await guides.take(sampleChunk([edit], { deviceId: 'viewer' }));
    const titles = (await guidesOf(guides)).map((guide) => guide?.steps[0]?.title);
    assert.deepEqual(titles, ['Click Save', 'Save the record', 'Keep it']);
    await guides.driver.close();
  });
});

test('a sealed chunk of a forgotten session is passed over without a letter, and its open state goes: nothing stops', async () => {
  const keyring = createMemoryKeyring('seed');
  const guides = await createGuideDriver({ keyring });
  await guides.take(sampleChunk(sampleEvents([click(0)])));
  const key = Buffer.from('t/s');
  const late = guides.chunkSerde.serialize(sampleChunk([{ seq: 2, atMs: 0, kind: 'click' }]), key);
  await keyring.destroy('t/s');
  await guides.driver.pipeRaw(captureTopic, [{ key, value: late }]);
  assert.deepEqual(await guides.driver.deadLetters(), []);
  await guides.driver.advanceWallClock(500);
  await guides.driver.advanceWallClock(3_600_000);
  await guides.take(sampleChunk(sampleEvents(session), { sessionId: 'other' }));
  assert.equal((await guidesOf(guides)).length, 1);
  await guides.driver.close();
});
