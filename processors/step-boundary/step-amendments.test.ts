import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { at, box, button, click, down, field, finished, lastDraft, list, play, shot, stepsOf, typed } from '../test-support/gestures.ts';
import { PureChain } from '../test-support/pure-chain.ts';
import { sampleChunk, sampleEvents, type EventDraft } from '../test-support/sample-session.ts';

describe('pictures', () => {
  test('a click shows the page before, a toggle after, and a picture of the press belongs to the click', () => {
    const clicked = lastDraft(play([down(button, 0), shot(1, 'before', 1), click(button, 90), shot(3, 'after', 200)]));
    assert.equal(clicked.shot?.sha256, '1before');
    const change: EventDraft = { kind: 'change', target: box, input: { valueClass: 'boolean', checked: true }, ...at(91) };
    const checked = lastDraft(play([down(box, 0), shot(1, 'before', 1), click(box, 90), change, shot(4, 'after', 200)]));
    assert.equal(checked.shot?.sha256, '4after');
  });

  test('a press on the next element is no picture of the field that changes in between', () => {
    const change: EventDraft = { kind: 'change', target: field, input: { valueClass: 'text', text: 'alan' }, ...at(901) };
    const chain = play([
      typed(field, 'alan', 0),
      down(button, 900),
      change,
      click(button, 910),
      shot(2, 'before', 920),
      shot(3, 'after', 930),
      finished(9000),
    ]);
    const [typing, clicking] = chain.view();
    assert.equal(lastDraft(chain, typing?.stepId).shot?.sha256, '3after');
    assert.equal(lastDraft(chain, clicking?.stepId).shot?.sha256, '2before');
  });

  test('a page that was opened is shown by the first picture of what is done there, whether it comes with its step or late', () => {
    const opened: EventDraft = { kind: 'navigation', navigation: { url: 'https://a.example/', cause: 'typed', title: 'A' }, ...at(0) };
    const early = play([opened, down(button, 900), shot(2, 'before', 901), click(button, 990), finished(9000)]);
    const late = play([opened, down(button, 900), click(button, 990), shot(2, 'before', 1991), finished(9000)]);
    for (const chain of [early, late]) assert.equal(lastDraft(chain, chain.view()[0]?.stepId).shot?.sha256, '2before');
    const moved: EventDraft = { ...opened, navigation: { url: 'https://b.example/', cause: 'link', title: 'B' }, ...at(500) };
    const elsewhere = play([opened, moved, down(button, 900), shot(3, 'before', 901), click(button, 990), finished(9000)]);
    assert.equal(lastDraft(elsewhere, elsewhere.view()[0]?.stepId).shot, undefined);
    const order = early.drafts.map((draft) => `${draft.kind} ${draft.shot === undefined ? '' : 'shown'}`);
    assert.ok(order.indexOf('click shown') < order.indexOf('navigate shown'), 'redaction sees the step that was photographed first');
  });

  test('a late picture amends a step that is final already, and says so', () => {
    const chain = play([click(button, 0), click(box, 5000), click(button, 9000), shot(1, 'before', 9100)]);
    const first = chain.drafts[0];
    assert.ok(first);
    const amended = lastDraft(chain, first.stepId);
    assert.equal(amended.state, 'final');
    assert.equal(amended.shot?.sha256, '1before');
    assert.deepEqual(amended.revision, { ordinal: 4, timer: 0, final: true });
  });

  test('a picture that could not be taken is said', () => {
    const draft = lastDraft(play([click(button, 0), { kind: 'screenshot.missing', ofSeq: 1, reason: 'no permission', ...at(10) }]));
    assert.equal(draft.shotMissing, 'no permission');
  });
});

describe('undo', () => {
  test('takes the last step back, then the one before, or the one it names', () => {
    const undo = (ms: number, ofSeq?: number): EventDraft => ({ kind: 'undo', ...at(ms), ...(ofSeq === undefined ? {} : { ofSeq }) });
    const two = [click(button, 0), click(box, 2000)];
    assert.deepEqual(stepsOf([...two, undo(4000)]), ['click Save']);
    assert.deepEqual(stepsOf([...two, undo(4000), undo(5000)]), []);
    assert.deepEqual(stepsOf([...two, undo(4000, 1)]), ['click cards']);
    assert.deepEqual(stepsOf([...two, undo(4000), click(list, 6000)]), ['click Save', 'select Class']);
  });
});

test('revisions of a step only grow, and no two drafts share one', () => {
  const drafts = [
    down(field, 0),
    click(field, 90),
    typed(field, 'a', 500),
    shot(1, 'before', 600),
    typed(field, 'ab', 900),
    click(button, 2000),
    click(button, 2100, 2),
    finished(9000),
  ];
  const seen = new Map<string, number>();
  for (const { stepId, revision } of play(drafts).drafts) {
    const rank = revision.ordinal * 1000 + revision.timer * 10 + (revision.final ? 1 : 0);
    assert.ok(rank > (seen.get(stepId) ?? -1));
    seen.set(stepId, rank);
  }
});

test('the state of a session stays flat over 20,000 events', () => {
  const chain = new PureChain();
  const sizes: number[] = [];
  for (const event of sampleEvents(Array.from({ length: 20_000 }, (_, index) => click({ ...button, ref: `${index}` }, index * 180)))) {
    chain.take(sampleChunk([event]));
    if (event.seq === 200 || event.seq === 20_000) sizes.push(chain.flatStateLength('t/s'));
    chain.outputs.length = 0;
    chain.drafts.length = 0;
  }
  const [early = 0, late = 0] = sizes;
  assert.ok(late - early < 100, `${early} then ${late}`);
});
