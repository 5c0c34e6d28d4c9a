import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CaptureChunk, CaptureEvent } from '../../schemas/types/capture-event.ts';
import type { SessionChanged, SessionMessage } from '../model.ts';
import { sampleChunk, sampleEvents, sampleOpenedAtMs, type EventDraft } from '../test-support/sample-session.ts';
import { IdleWatch } from './idle-watch.ts';
import { defaultSessionizeOptions, type SessionState } from './session-state.ts';
import { sessionize } from './sessionize.ts';

interface Played {
  readonly state: SessionState;
  readonly messages: readonly SessionMessage[];
  readonly drops: readonly string[];
}

function play(chunks: readonly CaptureChunk[]): Played {
  let state: SessionState | undefined;
  const messages: SessionMessage[] = [];
  const drops: string[] = [];
  for (const chunk of chunks) {
    const result = sessionize(state, chunk, defaultSessionizeOptions);
    state = result.state;
    messages.push(...result.out.map((out) => out.message));
    drops.push(...result.drops);
  }
  assert.ok(state !== undefined);
  return { state, messages, drops };
}

const playEvents = (events: readonly CaptureEvent[]) => play(events.map((event) => sampleChunk([event])));
const clicks = (count: number): EventDraft[] => Array.from({ length: count }, () => ({ kind: 'click' as const }));
const passed = (played: Played) => played.messages.flatMap((message) => (message.type === 'event' ? [message.event.seq] : []));
const lastUpsert = (played: Played) => played.messages.filter((m): m is SessionChanged => m.type === 'session').at(-1)?.upsert;

describe('order', () => {
  test('events are passed on once and in order, whatever order they came in', () => {
    const events = sampleEvents(clicks(6));
    const shuffled = [3, 0, 2, 1, 5, 5, 4, 6, 2].flatMap((index) => events.slice(index, index + 1));
    const played = playEvents(shuffled);
    assert.deepEqual(passed(played), [1, 2, 3, 4, 5, 6]);
    assert.equal(played.state.duplicateCount, 2);
    assert.equal(played.state.missedCount, 0);
    assert.deepEqual(played.drops, ['duplicate', 'duplicate']);
  });

  test('a hole is given up when more events wait behind it than the window holds, counted, and said', () => {
    const events = sampleEvents(clicks(80)).filter((event) => event.seq !== 5 && event.seq !== 6);
    const played = playEvents(events);
    assert.equal(played.state.missedCount, 2);
    assert.equal(passed(played).length, 78);
    assert.match(lastUpsert(played)?.warnings.join() ?? '', /2 events never arrived/);
  });

  test('an event of a given-up hole is late: neither applied nor counted twice', () => {
    const events = sampleEvents(clicks(80));
    const played = playEvents([...events.filter((event) => event.seq !== 5), ...events.filter((event) => event.seq === 5)]);
    assert.deepEqual(played.drops, ['late']);
    assert.equal(played.state.missedCount, 1);
  });

  test('a finish waits for the events before it; the fact of the owner drains the buffer and counts the holes', () => {
    const events = sampleEvents([...clicks(4), { kind: 'session.finished' }]).filter((event) => event.seq !== 3);
    const waiting = playEvents(events);
    assert.equal(waiting.state.status, 'recording');
    const fact: CaptureEvent = { seq: 5, atMs: 0, kind: 'session.idle', idle: { afterSeq: 5 } };
    const drained = playEvents([...events, fact]);
    assert.equal(drained.state.status, 'finished');
    assert.equal(drained.state.missedCount, 1);
    assert.deepEqual(passed(drained), [1, 2, 4]);
  });

  test('T1: chunking, duplicates and order inside the window change nothing', () => {
    const drafts: EventDraft[] = [
      ...clicks(20),
      { kind: 'session.paused' },
      { kind: 'session.resumed' },
      ...clicks(9),
      { kind: 'session.finished' },
    ];
    const events = sampleEvents(drafts);
    const expected = playEvents(events);
    const shuffledInWindow = fc
      .tuple(
        fc.array(fc.nat({ max: 8 }), { minLength: events.length, maxLength: events.length }),
        fc.array(fc.nat({ max: events.length - 1 })),
      )
      .map(([delays, again]) => {
        const order = events.map((event, index) => ({ event, at: index + (delays[index] ?? 0) })).sort((a, b) => a.at - b.at);
        return [...order.map(({ event }) => event), ...again.flatMap((index) => events.slice(index, index + 1))];
      });
    fc.assert(
      fc.property(shuffledInWindow, fc.array(fc.integer({ min: 1, max: 7 })), (arrival, sizes) => {
        const played = play(chunked(arrival, sizes));
        const own = (messages: readonly SessionMessage[]) => messages.filter((message) => message.type === 'event');
        assert.deepEqual(own(played.messages), own(expected.messages));
        assert.equal(played.state.status, 'finished');
        assert.deepEqual({ ...played.state, duplicateCount: 0 }, { ...expected.state, duplicateCount: 0 });
      }),
      { numRuns: 200 },
    );
  });
});

function chunked(events: readonly CaptureEvent[], sizes: readonly number[]): CaptureChunk[] {
  const chunks: CaptureChunk[] = [];
  for (let at = 0, turn = 0; at < events.length; turn += 1) {
    const size = sizes[turn % Math.max(1, sizes.length)] ?? 1;
    chunks.push(sampleChunk(events.slice(at, at + size)));
    at += size;
  }
  return chunks;
}

describe('clocks', () => {
  test('T4: the skew is fixed at open and time never goes back', () => {
    const events = sampleEvents([
      { kind: 'click', atMs: sampleOpenedAtMs + 5000 },
      { kind: 'click', atMs: sampleOpenedAtMs + 10 },
    ]);
    const skewed = events.map((event) => (event.opened ? { ...event, opened: { ...event.opened, clockSkewMs: 700 } } : event));
    const times = playEvents(skewed).messages.flatMap((message) => (message.type === 'event' ? [message.atMs - sampleOpenedAtMs] : []));
    assert.deepEqual(times, [5700, 5700]);
  });

  test('a clock that is years off at open, or jumps by months later, is set right and said', () => {
    const wrong = sampleEvents([{ kind: 'click', atMs: 5000 }]).map((event) => (event.opened ? { ...event, atMs: 4000 } : event));
    const played = playEvents(wrong);
    assert.equal(played.state.info.openedAtMs, sampleOpenedAtMs);
    assert.equal(played.state.lastAtMs, sampleOpenedAtMs + 1000);
    const jumped = playEvents(sampleEvents([{ kind: 'click' }, { kind: 'click', atMs: sampleOpenedAtMs + 90 * 86_400_000 }]));
    assert.equal(jumped.state.lastAtMs, sampleOpenedAtMs + 1000);
    assert.match(lastUpsert(jumped)?.warnings.join() ?? '', /clock was wrong/);
  });
});

test('both times that a session tells are of one clock: when it opened, and its latest event', () => {
  const played = playEvents(sampleEvents([{ kind: 'click', atMs: sampleOpenedAtMs + 5000 }]));
  const { openedAtMs, lastEventAtMs } = lastUpsert(played) ?? assert.fail('no session was reported');
  assert.deepEqual([openedAtMs, lastEventAtMs], [sampleOpenedAtMs, sampleOpenedAtMs + 5000]);
});

describe('lifecycle', () => {
  const statuses = (played: Played) => played.messages.flatMap((m) => (m.type === 'session' ? [`${m.upsert.status} ${m.closed}`] : []));

  test('paused, resumed, finished, reported after each record while closed (S5), and reopened by what is done after', () => {
    const drafts: EventDraft[] = [
      { kind: 'click' },
      { kind: 'session.paused' },
      { kind: 'session.resumed' },
      { kind: 'session.finished' },
      { kind: 'screenshot.missing', ofSeq: 1 },
      { kind: 'click' },
    ];
    assert.deepEqual(statuses(play([sampleChunk(sampleEvents(drafts))])), [
      'recording false',
      'paused false',
      'recording false',
      'finished true',
      'finished true',
      'recording false',
      'recording false',
    ]);
  });

  test('a kind of a newer recorder after the end neither reopens the recording nor writes its guide again', () => {
    const played = playEvents(
      sampleEvents([...clicks(1), { kind: 'session.finished' }, { kind: 'unknown' }, { kind: 'screenshot.missing', ofSeq: 1 }]),
    );
    assert.deepEqual(played.drops, ['unknown-kind']);
    assert.equal(played.state.status, 'finished');
    assert.equal(played.state.nextSeq, 5);
  });

  test('what ingest leaves of a key in a protected field is no unknown kind to warn of', () => {
    const played = playEvents(sampleEvents([...clicks(1), { kind: 'unknown', reason: 'protected' }, { kind: 'unknown' }]));
    assert.equal(played.state.unknownCount, 1);
    assert.equal(played.state.eventCount, 3);
  });

  test('T3: an idle fact closes the session unless a later seq stands before it', () => {
    const events = sampleEvents(clicks(2));
    const idle = (afterSeq: number): CaptureEvent => ({ seq: afterSeq, atMs: 0, kind: 'session.idle', idle: { afterSeq } });
    assert.equal(playEvents([...events, idle(2)]).state.status, 'idle');
    const stale = playEvents([...events, idle(1)]);
    assert.equal(stale.state.status, 'recording');
    assert.deepEqual(stale.drops, ['stale-idle']);
  });

  test('past the quota the whole session is blocked and the tenant told', () => {
    const played = playEvents(sampleEvents(clicks(6), { maxEvents: 3 }));
    assert.equal(played.state.status, 'blocked');
    assert.deepEqual(passed(played), [1, 2, 3]);
    assert.deepEqual(played.drops, ['blocked', 'blocked']);
    assert.match(lastUpsert(played)?.warnings.join() ?? '', /limit of 3 events/);
  });

  test('S2: without seq 0 defaults hold, nothing goes to a model, and the guide says so', () => {
    const played = playEvents(sampleEvents(clicks(70)).slice(1));
    assert.equal(passed(played).length, 70);
    assert.equal(played.state.info.policy.modelTitles, false);
    assert.equal(played.state.missedCount, 0);
    assert.match(lastUpsert(played)?.warnings.join() ?? '', /start of the recording is missing/);
  });

  test('a second device on the session is counted and said, and overwrites nothing', () => {
    const [opened, first] = sampleEvents(clicks(1));
    assert.ok(opened && first);
    const played = play([
      sampleChunk([opened, first]),
      sampleChunk([{ ...first, kind: 'drag' }], { deviceId: 'other' }),
      sampleChunk([{ ...first, seq: 2 }]),
    ]);
    assert.equal(played.state.conflictCount, 1);
    assert.deepEqual(passed(played), [1, 2]);
    assert.match(lastUpsert(played)?.warnings.join() ?? '', /second device/);
  });

  test('answers and edits are passed on where they stand and take an ordinal', () => {
    const edit: CaptureEvent = { seq: 1, atMs: 0, kind: 'edit', edit: { editId: 'e', author: 'a', op: 'guide-title', text: 'x' } };
    const played = playEvents([...sampleEvents(clicks(1)), edit]);
    const ordinals = played.messages.flatMap((message) => (message.type === 'event' ? [`${message.event.kind} ${message.ordinal}`] : []));
    assert.deepEqual(ordinals, ['click 1', 'edit 2']);
    assert.deepEqual(playEvents([edit]).drops, ['unknown-session']);
  });

  test('T5: a record that reaches ingest after the life of the session is refused', () => {
    const events = sampleEvents(clicks(1));
    const late = sampleChunk([{ seq: 2, atMs: 0, kind: 'click' }], { receivedAtMs: sampleOpenedAtMs + 40 * 86_400_000 });
    assert.deepEqual(play([sampleChunk(events), late]).drops, ['expired']);
  });
});

describe('idle watch', () => {
  const state = playEvents(sampleEvents(clicks(2))).state;

  test('T3: a fact is due after the policy span of silence, once, and names the highest seq', () => {
    const watch = new IdleWatch(2000);
    watch.saw('k', true);
    assert.deepEqual([...watch.due(0)], []);
    assert.deepEqual([...watch.due(1999)], []);
    assert.equal(watch.factFor('k', state, 30_000), undefined);
    const due = [...watch.due(60_000)];
    assert.deepEqual(due, [['k', 60_000]]);
    assert.deepEqual(watch.factFor('k', state, 60_000)?.events[0]?.idle, { afterSeq: 2 });
    assert.deepEqual([...watch.due(60_500)], []);
  });

  test('a finish that waits for missing events has a short patience', () => {
    const pending = playEvents(sampleEvents([...clicks(2), { kind: 'session.finished' }]).filter((event) => event.seq !== 2)).state;
    const watch = new IdleWatch(2000);
    watch.saw('k', true);
    assert.deepEqual([...watch.due(0)], []);
    assert.deepEqual([...watch.due(2000)], [['k', 2000]]);
    assert.deepEqual(watch.factFor('k', pending, 2000)?.events[0]?.idle, { afterSeq: 3 });
  });
});

test('state stays flat: its size after 20,000 events is that after 100', () => {
  const size = (count: number) => {
    let state: SessionState | undefined;
    for (const event of sampleEvents(clicks(count))) state = sessionize(state, sampleChunk([event]), defaultSessionizeOptions).state;
    return JSON.stringify(state).length;
  };
  assert.ok(size(20_000) - size(100) < 20);
});
