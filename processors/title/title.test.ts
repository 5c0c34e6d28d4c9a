import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CaptureEvent, HumanEdit } from '../../schemas/types/capture-event.ts';
import type { StepKind } from '../../schemas/types/guide.ts';
import type { SafeStep } from '../model.ts';
import { PureChain } from '../test-support/pure-chain.ts';
import { sampleChunk, sampleEvents, sampleOpenedAtMs, type EventDraft } from '../test-support/sample-session.ts';
import { guideTitle, type GoalStep } from './guide-title.ts';
import { stepDescription } from './step-description.ts';
import { stepTitle } from './step-title.ts';

function step(kind: StepKind, target: Partial<SafeStep['target']>, more: Partial<SafeStep> = {}): SafeStep {
  return {
    stepId: 'x',
    revision: { ordinal: 1, timer: 0, final: true },
    state: 'final',
    order: 1,
    kind,
    target: { name: '', role: 'generic', ...target },
    atMs: 0,
    redactions: [],
    ...more,
  };
}

describe('titles by rule', () => {
  test('one action, the visible name, the place, and the value when it may be shown', () => {
    const page = { url: 'https://flights.example.com/search?q=1', title: 'Flights' };
    const cases: readonly (readonly [SafeStep, string])[] = [
      [step('click', { name: 'Save', role: 'button', context: 'Billing settings' }), 'Click Save in Billing settings'],
      [step('click', { role: 'textbox' }), 'Click the text field'],
      [step('click', { name: 'trash', role: 'img', nameSource: 'icon', context: 'Jehanna' }), 'Click the trash icon in Jehanna'],
      [step('double-click', { name: 'Row 1', role: 'row' }), 'Double-click Row 1'],
      [step('right-click', { name: 'File', role: 'treeitem' }), 'Right-click File'],
      [step('type', { name: 'Username', role: 'textbox' }, { value: 'alan' }), 'Type "alan" into Username'],
      [step('type', { name: 'Username', role: 'textbox' }, { value: '' }), 'Clear Username'],
      [step('type', { name: 'Volume', role: 'slider' }, { value: '50' }), 'Set Volume to 50'],
      [step('secret', { name: 'Password', role: 'textbox' }), 'Type a secret into Password'],
      [step('check', { name: 'cards', role: 'checkbox' }), 'Check cards'],
      [step('check', { name: 'Economy', role: 'radio' }), 'Select Economy'],
      [step('uncheck', { name: 'Wi-Fi', role: 'switch' }), 'Turn off Wi-Fi'],
      [step('select', { name: 'Class', role: 'combobox' }, { value: 'Economy' }), 'Select Economy in Class'],
      [step('select', { role: 'combobox' }), 'Select an option from the list'],
      [step('select', { name: 'Bunny', role: 'option' }, { value: 'Bunny' }), 'Select Bunny'],
      [step('press', { name: 'Search', role: 'searchbox' }, { value: 'Enter' }), 'Press Enter in Search'],
      [step('press', {}, { value: 'Escape' }), 'Press Escape'],
      [step('shortcut', {}, { value: 'Ctrl+K' }), 'Press Ctrl+K'],
      [step('drag', { name: 'Card', role: 'listitem' }), 'Drag Card'],
      [step('file', { name: 'Upload', role: 'button' }, { value: 'a.pdf' }), 'Choose "a.pdf" for Upload'],
      [step('navigate', { name: 'Flights', role: 'document' }, { page }), 'Open flights.example.com'],
      [step('tab', { name: 'Mail', role: 'tab' }), 'Switch to the tab Mail'],
      [step('window', { name: 'Calculator', role: 'window' }), 'Switch to Calculator'],
      [step('note', {}, { value: 'Wait for the mail' }), 'Wait for the mail'],
    ];
    for (const [given, title] of cases) assert.equal(stepTitle(given), title);
  });

  test('any step has a title and a description of one line and bounded length', () => {
    const kinds: readonly StepKind[] = ['click', 'type', 'select', 'press', 'drag', 'file', 'navigate', 'tab', 'note', 'check', 'secret'];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.string({ unit: 'binary' }),
        fc.option(fc.string({ unit: 'binary' })),
        (kind, name, value) => {
          const given = step(kind, { name, role: 'button' }, value === null ? {} : { value });
          assert.match(stepTitle(given), /^[^\n\r]{1,160}$/u);
          assert.ok(stepDescription(given).endsWith('.'));
        },
      ),
    );
  });

  test('a description says what the element is and where', () => {
    const page = { url: 'https://a.example/', title: 'Billing' };
    assert.equal(
      stepDescription(step('click', { name: 'Save', role: 'button' }, { page })),
      'Click the button "Save" on the page "Billing".',
    );
  });
});

const button = { role: 'button', name: 'Save', ref: 'b' };
const username = { role: 'textbox', name: 'Username', ref: 'u' };
const click = (ms: number): EventDraft => ({
  kind: 'click',
  target: button,
  pointer: { x: 1, y: 1, button: 'left' },
  atMs: sampleOpenedAtMs + ms,
});
const typing: EventDraft = { kind: 'input', target: username, input: { valueClass: 'text', text: 'alan' }, atMs: sampleOpenedAtMs + 1000 };
const finished: EventDraft = { kind: 'session.finished', atMs: sampleOpenedAtMs + 9000 };

function edit(op: HumanEdit['op'], more: Partial<HumanEdit> = {}): CaptureEvent {
  return { seq: 0, atMs: 0, kind: 'edit', edit: { editId: 'e', author: 'ann', op, ...more } };
}

function play(drafts: readonly EventDraft[], policy: Parameters<typeof sampleEvents>[1] = {}): PureChain {
  const chain = new PureChain();
  for (const event of sampleEvents(drafts, policy)) chain.take(sampleChunk([event]));
  return chain;
}

const guideOf = (chain: PureChain) => chain.guides().get('s');
const guideCount = (chain: PureChain) => chain.outputs.filter((out) => out.type === 'guide').length;

test('the title of a guide is its goal and its application', () => {
  const page = { url: 'https://a.example/x', title: 'grace | Change user | Django site admin' };
  const clicked = (name: string, context?: string): GoalStep => ({
    kind: 'click',
    title: `Click ${name}`,
    target: { name, ...(context === undefined ? {} : { context }) },
    page,
  });
  const cases: readonly (readonly [readonly GoalStep[], string])[] = [
    [[clicked('Add user'), clicked('Save', 'Change user'), clicked('Log out')], 'How to change user in Django site admin'],
    [[clicked('From'), clicked('Find Flights')], 'How to find Flights in Django site admin'],
    [[clicked('Save', 'Billing settings')], 'How to save Billing settings in Django site admin'],
    [[clicked('Tab #2')], 'How to click Tab #2 in Django site admin'],
    [[{ kind: 'click', title: 'Click Submit', target: { name: 'Submit' } }], 'How to click Submit'],
  ];
  for (const [steps, title] of cases) assert.equal(guideTitle(steps, undefined), title);
  assert.equal(guideTitle([clicked('Save')], 'Onboarding'), 'Onboarding');
});

describe('the guide', () => {
  test('says what it was for, in how many steps, and numbers them', () => {
    const guide = guideOf(play([typing, click(3000), finished]));
    assert.equal(guide?.title, 'How to save');
    assert.equal(guide?.summary, 'In 2 steps: type "alan" into Username and click Save.');
    assert.deepEqual(
      guide?.steps.map((one) => [one.order, one.title]),
      [
        [1, 'Type "alan" into Username'],
        [2, 'Click Save'],
      ],
    );
  });

  test('an empty recording is a guide that says so', () => {
    const guide = guideOf(play([finished]));
    assert.equal(guide?.title, 'Empty recording');
    assert.deepEqual(guide?.steps, []);
  });

  test('a value never stands in the title of a guide', () => {
    assert.equal(guideOf(play([typing, finished]))?.title, 'How to fill in Username');
  });

  test('G1: the same guide does not leave twice, a changed one leaves with a higher revision', () => {
    const chain = play([typing, click(3000), finished]);
    chain.take(sampleChunk(sampleEvents([typing]).slice(1)));
    assert.equal(guideCount(chain), 1);
    const before = guideOf(chain)?.revision.ordinal ?? 0;
    chain.take(sampleChunk([edit('guide-title', { text: 'Sign in' })]));
    assert.equal(guideOf(chain)?.title, 'Sign in');
    assert.ok((guideOf(chain)?.revision.ordinal ?? 0) > before);
    assert.equal(chain.session()?.title, 'Sign in');
  });

  test('G2: edits of a step outlive its later changes', () => {
    const chain = play([typing]);
    const stepId = chain.view()[0]?.stepId ?? '';
    chain.take(sampleChunk([edit('title', { stepId, text: 'Say who you are' }), edit('description', { stepId, text: 'Your name.' })]));
    const more: CaptureEvent = { ...typing, seq: 2, atMs: sampleOpenedAtMs + 2000, input: { valueClass: 'text', text: 'alan t' } };
    chain.take(sampleChunk([more]));
    const [shown] = chain.view();
    assert.deepEqual([shown?.title, shown?.description, shown?.value], ['Say who you are', 'Your name.', 'alan t']);
    chain.take(sampleChunk([edit('title', { stepId, text: '' })]));
    assert.equal(chain.view()[0]?.title, 'Type "alan t" into Username');
  });

  test('a deleted step is gone from view and guide, restoring brings it back', () => {
    const chain = play([typing, click(3000), finished]);
    const stepId = chain.view()[0]?.stepId ?? '';
    chain.take(sampleChunk([edit('delete', { stepId })]));
    assert.deepEqual([chain.view().length, guideOf(chain)?.steps.length, guideOf(chain)?.steps[0]?.order], [1, 1, 1]);
    chain.take(sampleChunk([edit('restore', { stepId })]));
    assert.deepEqual([chain.view().length, guideOf(chain)?.steps.length], [2, 2]);
    chain.take(sampleChunk([edit('delete', { stepId: 'none' })]));
    assert.equal(chain.view().length, 2);
  });

  test('G3: a blocked session shows no step and has no guide', () => {
    const chain = play([click(0), click(2000), click(4000), finished], { maxEvents: 2 });
    assert.deepEqual(chain.view(), []);
    assert.equal(guideCount(chain), 0);
    assert.equal(chain.session()?.status, 'blocked');
  });
});

describe('models', () => {
  const requestsOf = (chain: PureChain) => chain.outputs.flatMap((out) => (out.type === 'title-request' ? [out.request] : []));
  const answer = (requestId: string, title: string, stepId?: string): CaptureEvent => ({
    seq: 0,
    atMs: 0,
    kind: 'title.answer',
    answer: { requestId, title, model: 'fake', ...(stepId === undefined ? {} : { stepId }) },
  });

  test('nothing is asked unless the policy of the session allows it', () => {
    assert.deepEqual(requestsOf(play([typing, click(3000), finished])), []);
  });

  test('a question holds no typed value, no path and no query', () => {
    const page = { url: 'https://a.example/secret/path?token=1', title: 'Sign in' };
    const chain = play([{ ...typing, page }, click(3000), finished], { modelTitles: true });
    const prompts = requestsOf(chain).map((request) => request.prompt);
    assert.equal(prompts.length, 3);
    for (const prompt of prompts) for (const word of ['alan', 'secret', 'token']) assert.equal(prompt.includes(word), false, prompt);
  });

  test('an answer titles the step it was asked for, and an answer to older content does not', () => {
    const chain = play([typing, click(3000), finished], { modelTitles: true });
    const [first, second, guide] = requestsOf(chain);
    assert.ok(first && second && guide);
    chain.take(sampleChunk([answer(first.requestId, 'Enter your name', first.stepId)]));
    chain.take(sampleChunk([answer('3.other', 'Wrong', second.stepId)]));
    chain.take(sampleChunk([answer(guide.requestId, 'How to sign in')]));
    assert.deepEqual(
      guideOf(chain)?.steps.map((one) => one.title),
      ['Enter your name', 'Click Save'],
    );
  });

  test('the budget of a session bounds the questions', () => {
    const chain = new PureChain({ requestBudgetCount: 2, asksModels: true });
    for (const event of sampleEvents([typing, click(3000), click(6000), finished], { modelTitles: true })) chain.take(sampleChunk([event]));
    assert.equal(requestsOf(chain).length, 2);
  });
});
