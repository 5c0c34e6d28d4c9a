import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Policy, Screenshot, Target } from '../../schemas/types/capture-event.ts';
import type { TtlKeyValueStore } from '../../state/store.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import type { DraftMessage, FactMessage, SessionChanged, SessionInfo, StepDraft } from '../model.ts';
import { planMessage, type PlannedMessage } from './image-plan.ts';
import { createRedactProcessor } from './redact-processor.ts';
import type { RedactField, RedactSession } from './redact-state.ts';

const canary = 'Zq7#canary-Xw91-hidden!!';
const policy: Policy = { policyId: 'p', version: 1, redact: ['all'], mode: 'mask', idleAfterMs: 1, maxEvents: 1, modelTitles: false };
const info: SessionInfo = { tenantId: 'acme', sessionId: 's1', openedAtMs: 0, policy };
const shot: Screenshot = {
  ofSeq: 1, phase: 'before', sha256: 'ab12', sizeBytes: 10, mediaType: 'image/png', width: 200, height: 100, scale: 2, masks: [],
}; // prettier-ignore
const rect = { x: 10, y: 10, width: 40, height: 10 };

function field(more: Partial<Target> = {}): Target {
  return { role: 'textbox', name: 'Code word', ref: 'r1', rect, ...more };
}

function step(more: Partial<StepDraft> = {}): StepDraft {
  const page = { url: 'https://app.example.com/form', title: 'Form' };
  return {
    stepId: 'a',
    revision: { ordinal: 1, timer: 0, final: false },
    state: 'provisional',
    order: 1,
    kind: 'click',
    page,
    atMs: 1,
    ...more,
  };
}

function message(draft: StepDraft, session: SessionInfo = info): DraftMessage {
  return { type: 'step', session, step: draft };
}

function storeOf<K, V>(map: Map<string, V>): TtlKeyValueStore<K, V> {
  return {
    get: (key) => map.get(String(key)),
    getMany: (keys) => keys.map((key) => map.get(String(key))),
    put: (key, value) => void map.set(String(key), value),
    delete: (key) => void map.delete(String(key)),
    range: () => [],
    prefixScan: () => [],
  };
}

/** One task: feeds messages of `acme/s1`, answers what comes out, planned as if no picture is shared; `kept` is everything it stores. */
function task() {
  const kept = { sessions: new Map<string, RedactSession>(), fields: new Map<string, RedactField>() };
  const out: PlannedMessage[] = [];
  const processor = createRedactProcessor({
    stores: { sessions: storeOf(kept.sessions), fields: storeOf(kept.fields) },
    globalStore: () => storeOf(new Map()),
    forward: ({ value }) => {
      const isPictured = value.type === 'step' && value.picture !== undefined;
      out.push(planMessage(isPictured ? { ...value, chosen: { shot: value.picture.shot } } : value));
    },
    timers: { set: () => assert.fail('no timers'), cancel: () => assert.fail('no timers'), get: () => undefined },
    schedulePunctuation: () => assert.fail('no clock'),
    streamTimeMs: () => 0,
    source: () => undefined,
    caughtUp: () => true,
    deadLetter: (code) => assert.fail(code),
    drop: (reason) => assert.fail(reason),
    taskId: '0_0',
    logger: silentLogger,
    metrics: silentMetrics,
  });
  const feed = (...messages: readonly DraftMessage[]): readonly PlannedMessage[] => {
    const from = out.length;
    for (const value of messages) processor.process({ key: 'acme/s1', value, timestampMs: 1 });
    return out.slice(from);
  };
  const feedStep = (draft: StepDraft, session?: SessionInfo) => {
    const last = feed(message(draft, session)).at(-1);
    assert.ok(last?.type === 'step');
    return last;
  };
  return { feed, feedStep, kept };
}

const textOf = (value: unknown): string => JSON.stringify(value, (_, inner: unknown) => (inner instanceof Map ? Array.from(inner) : inner));

describe('every text of a step', () => {
  it('is redacted and counted, and the original is in nothing that goes on or is kept', () => {
    const { feedStep, kept } = task();
    const personal = 'ann@example.com';
    const { step: safe } = feedStep(
      step({
        kind: 'type',
        target: field({ name: `Mail of ${personal}`, context: `Account ${personal}`, selector: `[title="${personal}"]` }),
        value: personal,
        page: { url: `https://app.example.com/u/${personal}?q=${encodeURIComponent(personal)}`, title: `${personal} – Admin` },
        shotMissing: `upload for ${personal} failed`,
      }),
    );
    assert.deepEqual(safe.target, { name: 'Mail of [e-mail]', role: 'textbox', context: 'Account [e-mail]' });
    assert.deepEqual(safe.page, { url: 'https://app.example.com/u/[e-mail]?q=[e-mail]', title: '[e-mail] – Admin' });
    assert.deepEqual([safe.value, safe.imageMissing], ['[e-mail]', 'upload for [e-mail] failed']);
    assert.deepEqual(safe.redactions, [{ kind: 'e-mail', count: 7 }]);
    assert.doesNotMatch(textOf([safe, kept]), /ann@|ann%40/);
  });

  it('is left alone when it holds nothing', () => {
    const { step: safe } = task().feedStep(step({ target: field({ name: 'Save' }) }));
    assert.deepEqual([safe.target.name, safe.redactions], ['Save', []]);
  });

  it('covers file names and notes, which travel as values', () => {
    const { step: safe } = task().feedStep(
      step({ kind: 'file', target: field(), value: 'cv of ann@example.com.pdf, DE89370400440532013000.csv' }),
    );
    assert.doesNotMatch(textOf(safe), /ann@|DE89/);
  });

  it('is read under the name of its field: the same digits are a phone number in one and an amount in another', () => {
    const { feedStep } = task();
    assert.equal(feedStep(step({ kind: 'type', target: field({ name: 'Mobile phone *' }), value: '01712345678' })).step.value, '[phone]');
    assert.equal(feedStep(step({ kind: 'type', target: field({ name: 'Amount' }), value: '01712345678' })).step.value, '01712345678');
  });

  it('obeys the policy of its session, and mode drop takes the whole value', () => {
    const off = { ...info, policy: { ...policy, redact: ['phone'] } };
    const drop = { ...info, policy: { ...policy, redact: ['email'], mode: 'drop' as const } };
    const draft = step({ kind: 'type', target: field({ name: 'Note' }), value: 'mail ann@example.com today' });
    assert.equal(task().feedStep(draft, off).step.value, 'mail ann@example.com today');
    assert.equal(task().feedStep(draft, drop).step.value, '[e-mail]');
  });
});

describe('addresses of pages', () => {
  const urlOf = (url: string, mode: Policy['mode'] = 'mask'): string | undefined =>
    task().feedStep(step({ page: { url, title: '' } }), { ...info, policy: { ...policy, mode } }).step.page?.url;

  it('lose user info, secrets of queries and fragments, and keep the rest', () => {
    assert.equal(urlOf('https://ann:hunter22@app.example.com/a?lang=de#top'), 'https://app.example.com/a?lang=de#top');
    assert.equal(urlOf('https://ann@app.example.com/a'), 'https://app.example.com/a');
    assert.equal(urlOf('https://x.example/cb?code=4%2F0AX4XfWh7nQ2kL9pR3sT6&tab=1'), 'https://x.example/cb?code=[token]&tab=1');
    assert.equal(urlOf('https://x.example/#access_token=abc123&x=1'), 'https://x.example/#access_token=[token]&x=1');
    assert.equal(urlOf('https://x.example/u/ann%40example.com/edit'), 'https://x.example/u/[e-mail]/edit');
    assert.equal(urlOf('https://x.example/s?q=4242+4242+4242+4242'), 'https://x.example/s?q=[card]');
    assert.equal(urlOf('https://x.example/s?phone=01712345678&amount=01712345678'), 'https://x.example/s?phone=[phone]&amount=01712345678');
    assert.equal(urlOf('https://x.example/s?tel=+491711234567'), 'https://x.example/s?tel=[phone]');
    assert.equal(urlOf('https://x.example/a+b/100%25?page=2&sort=-date'), 'https://x.example/a+b/100%25?page=2&sort=-date');
    assert.equal(urlOf('https://x.example/%E0%A4%A/%zz?a=%'), 'https://x.example/%E0%A4%A/%zz?a=%');
  });

  it('that carry the page themselves keep only their scheme', () => {
    assert.equal(urlOf('data:text/html,<p>ann@example.com'), 'data:');
  });

  it('keep only the origin in mode drop', () => {
    assert.equal(urlOf('https://ann:pw12@x.example/u/ann%40example.com', 'drop'), 'https://x.example');
  });
});

describe('passwords', () => {
  it('that are typed become secret steps without a value, whatever the policy says', () => {
    const none = { ...info, policy: { ...policy, redact: [] } };
    const { step: safe } = task().feedStep(step({ kind: 'type', target: field({ protected: true }), value: canary }), none);
    assert.deepEqual([safe.kind, safe.value, safe.redactions], ['secret', undefined, [{ kind: 'password', count: 1 }]]);
  });

  it('are no names: a protected field that is named by its value has none', () => {
    const { step: safe } = task().feedStep(step({ target: field({ protected: true, name: canary, nameSource: 'value' }) }));
    assert.deepEqual([safe.target.name, safe.target.nameSource], ['', 'none']);
  });

  it('once, always: a field that was protected stays so when it shows its text', () => {
    const { feedStep, kept } = task();
    feedStep(step({ kind: 'secret', target: field({ protected: true }) }));
    const { step: shown } = feedStep(step({ stepId: 'b', order: 2, kind: 'type', target: field(), value: canary }));
    assert.deepEqual([shown.kind, shown.value], ['secret', undefined]);
    assert.doesNotMatch(textOf(kept), /canary/);
  });

  it('that came in as text are taken back when their field turns out to be protected (T4), and known from then on', () => {
    const { feed, feedStep, kept } = task();
    feedStep(step({ kind: 'type', target: field(), value: 'tiger-lily', shot }));
    const turned = step({
      stepId: 'b',
      order: 5,
      revision: { ordinal: 5, timer: 0, final: true },
      kind: 'secret',
      target: field({ protected: true }),
    });
    const [taken, secret] = feed(message(turned));
    assert.ok(taken?.type === 'step' && secret?.type === 'step');
    assert.deepEqual([taken.step.stepId, taken.step.kind, taken.step.value], ['a', 'secret', undefined]);
    assert.deepEqual(taken.step.revision, { ordinal: 5, timer: 0, final: false });
    assert.deepEqual(taken.plan?.masks, [{ x: 16, y: 16, width: 88, height: 28 }]);
    const { step: later } = feedStep(step({ stepId: 'c', page: { url: 'https://x.example/', title: 'Hello "tiger-lily"' } }));
    assert.equal(later.page?.title, 'Hello "[password]"');
    assert.doesNotMatch(textOf([kept, taken, secret, later]), /tiger/);
  });

  it('that the name of a field gives away are known from then on too', () => {
    const { feedStep, kept } = task();
    const { step: safe } = feedStep(step({ state: 'final', kind: 'type', target: field({ name: 'Wi-Fi password' }), value: 'tiger-lily' }));
    assert.equal(safe.value, '[password]');
    const { step: later } = feedStep(
      step({ stepId: 'c', target: field({ role: 'cell', name: 'tiger-lily', ref: 'r7' }), page: { url: 'https://x.example/', title: '' } }),
    );
    assert.equal(later.target.name, '[password]');
    assert.doesNotMatch(textOf(kept), /tiger/);
  });

  it('are not taken back from a step that was removed', () => {
    const { feed, feedStep } = task();
    const typed = step({ kind: 'type', target: field(), value: 'tiger-lily' });
    feedStep(typed);
    feedStep({ ...typed, state: 'removed', revision: { ordinal: 2, timer: 0, final: true } });
    assert.equal(feed(message(step({ stepId: 'b', kind: 'secret', target: field({ protected: true }) }))).length, 1);
  });

  it('leave the keys that say nothing of them', () => {
    const { feedStep } = task();
    const target = field({ protected: true });
    const pressed = (value: string) => feedStep(step({ kind: 'press', target, value })).step.value;
    assert.deepEqual(
      [pressed('Enter'), pressed('Control+V'), pressed('x'), pressed('Shift+X')],
      ['Enter', 'Control+V', undefined, undefined],
    );
  });

  it('leave no byte in what goes on or is kept, whichever way they come', () => {
    const ways: readonly Partial<StepDraft>[] = [
      { kind: 'type', value: canary },
      { kind: 'secret', value: canary },
      { kind: 'select', value: canary },
      { kind: 'press', value: canary.slice(0, 1) },
      { kind: 'click', target: field({ protected: true, name: canary, nameSource: 'value' }) },
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ways), { minLength: 1, maxLength: 6 }), (some) => {
        const { feed, kept } = task();
        const drafts = some.map((more, index) => step({ target: field({ protected: true }), ...more, stepId: `s${index}`, order: index }));
        const out = feed(...drafts.map((draft) => message(draft)));
        assert.doesNotMatch(textOf([out, kept]), /Zq7|canary|Xw91/);
      }),
    );
  });
});

describe('pictures', () => {
  it('are planned in image pixels: protected places, margins, the cut at the edge, the click', () => {
    const masked = { ...shot, masks: [{ x: 90, y: 40, width: 50, height: 50 }] };
    const { plan } = task().feedStep(step({ target: field({ name: 'Save' }), shot: masked, click: { x: 12, y: 14 } }));
    assert.deepEqual(plan, {
      sourceSha256: 'ab12', width: 200, height: 100,
      masks: [{ x: 176, y: 76, width: 24, height: 24 }],
      click: { x: 24, y: 28 }, highlight: { x: 20, y: 20, width: 80, height: 20 },
    }); // prettier-ignore
  });

  it('hide the element whose name or value was redacted, and keep hiding its place on later pictures of that page', () => {
    const { feedStep } = task();
    const covered = [{ x: 16, y: 16, width: 88, height: 28 }];
    const typed = step({ kind: 'type', target: field({ name: 'Mail' }), value: 'ann@example.com', shot });
    assert.deepEqual(feedStep(typed).plan?.masks, covered);
    const later = step({ stepId: 'b', target: field({ name: 'Save', ref: 'r2' }), shot: { ...shot, sha256: 'cd34' } });
    assert.deepEqual(feedStep(later).plan?.masks, covered);
    const elsewhere = { ...later, page: { url: 'https://app.example.com/other', title: '' } };
    assert.deepEqual(feedStep(elsewhere).plan?.masks, []);
  });

  it('are not made when what to hide is not known', () => {
    const broken = { ...shot, masks: [{ x: Number.NaN, y: 0, width: 1, height: 1 }] };
    const { plan, step: safe } = task().feedStep(step({ target: field(), shot: broken }));
    assert.equal(plan, undefined);
    assert.match(safe.imageMissing ?? '', /hide/);
  });
});

describe('other messages', () => {
  it('about the session are redacted in title and warnings', () => {
    const session = { ...info, title: 'Call with ann@example.com' };
    const upsert: SessionChanged['upsert'] = {
      tenantId: 'acme', sessionId: 's1', revision: { ordinal: 1, timer: 0, final: false }, status: 'recording', title: 'Call with ann@example.com',
      openedAtMs: 0, lastEventAtMs: 0, eventCount: 0, missedEvents: 0, duplicateEvents: 0, warnings: ['From 10.1.2.33'],
    }; // prettier-ignore
    const out = task().feed({ type: 'session', session, upsert, closed: true });
    assert.doesNotMatch(textOf(out), /ann@|10\.1\.2/);
    assert.ok(out[0]?.type === 'session' && out[0].closed && out[0].upsert.title === 'Call with [e-mail]');
  });

  it('of facts keep the answer or the edit, redacted, and nothing else of the event', () => {
    const fact: FactMessage = {
      type: 'fact', session: info, ordinal: 9,
      event: {
        seq: 9, atMs: 5, kind: 'edit', page: { url: 'https://x.example/ann@example.com', title: '' },
        edit: { editId: 'e', author: 'u', op: 'title', stepId: 'a', text: 'Write to ann@example.com' },
      },
    }; // prettier-ignore
    const [out] = task().feed(fact);
    assert.ok(out?.type === 'fact');
    assert.deepEqual(out.event, { seq: 9, atMs: 5, kind: 'edit', edit: { ...fact.event.edit, text: 'Write to [e-mail]' } });
  });
});

describe('redaction is a function of the records (T1)', () => {
  it('gives the same messages in a task that has seen other sessions', () => {
    const draft = step({ kind: 'type', target: field({ name: 'Mail' }), value: 'ann@example.com', shot });
    const fresh = task();
    const used = task();
    used.feedStep(step({ page: { url: 'https://other.example/', title: 'bob@example.com' } }), { ...info, sessionId: 's2' });
    used.kept.sessions.clear();
    assert.deepEqual(used.feed(message(draft)), fresh.feed(message(draft)));
  });
});

describe('what is kept', () => {
  it('of a session and of a field does not grow with the session, and is written only when it changes', () => {
    const { feedStep, kept } = task();
    const typeInto = (index: number) =>
      feedStep(
        step({
          stepId: `s${index}`,
          order: index,
          kind: 'type',
          target: field({ rect: { ...rect, y: index } }),
          value: `ann${index}@example.com`,
          shot,
        }),
      );
    for (let index = 0; index < 200; index += 1) typeInto(index);
    const length = textOf(kept).length;
    for (let index = 200; index < 400; index += 1) typeInto(index);
    assert.ok(textOf(kept).length < length * 1.05, `${length} and then ${textOf(kept).length} characters`);
    const [session, one] = [kept.sessions.get('acme/s1'), [...kept.fields.values()][0]];
    feedStep(step({ stepId: 'again', target: field({ name: 'Save', ref: 'r9' }) }));
    assert.equal(kept.sessions.get('acme/s1'), session);
    assert.equal([...kept.fields.values()][0], one);
    assert.equal(kept.fields.size, 1);
  });
});
