import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMessage, emptyLiveState, shownSteps, type LiveMessage, type LiveSession, type LiveStep } from './live-state.ts';

const session: LiveSession = {
  sessionId: 's1',
  status: 'recording',
  title: 'A recording',
  openedAtMs: 0,
  lastEventAtMs: 0,
  eventCount: 1,
  missedEvents: 0,
  duplicateEvents: 0,
  warnings: [],
};

function step(stepId: string, order: number, ordinal: number, state: LiveStep['state'] = 'provisional'): LiveStep {
  const revision = { ordinal, timer: 0, final: state === 'final' };
  return {
    stepId,
    order,
    revision,
    state,
    kind: 'click',
    title: `${stepId}@${ordinal}`,
    description: '',
    target: { name: '', role: '' },
    atMs: 0,
    redactions: [],
  };
}

const titles = (messages: readonly LiveMessage[]) => shownSteps(messages.reduce(applyMessage, emptyLiveState)).map((one) => one.title);
const snapshot = (steps: readonly LiveStep[]): LiveMessage => ({ type: 'snapshot', epoch: 'e', offset: '5', session, steps });
const upserts = (...steps: LiveStep[]): LiveMessage => ({ type: 'upserts', offset: '9', steps });

test('T4: an older revision that comes late changes nothing, the same one twice neither', () => {
  const newer = upserts(step('a', 1, 7));
  assert.deepEqual(titles([snapshot([step('a', 1, 3)]), newer, upserts(step('a', 1, 5)), newer]), ['a@7']);
});

test('a final step outranks the provisional one of the same event', () => {
  assert.equal(titles([snapshot([step('a', 1, 3, 'final')]), upserts(step('a', 1, 3))])[0], 'a@3');
  const state = [snapshot([step('a', 1, 3)]), upserts(step('a', 1, 3, 'final'))].reduce(applyMessage, emptyLiveState);
  assert.equal(shownSteps(state)[0]?.state, 'final');
});

test('steps stand in the order of the guide, a removed one is gone until a newer revision brings it back', () => {
  const messages = [snapshot([step('b', 20, 2), step('a', 10, 1)]), upserts(step('a', 10, 3, 'removed'))];
  assert.deepEqual(titles(messages), ['b@2']);
  assert.deepEqual(titles([...messages, upserts(step('a', 10, 4))]), ['a@4', 'b@2']);
});

test('a snapshot replaces what was known, a resumed one adds to it, and the position follows', () => {
  const before = [snapshot([step('a', 1, 1)])];
  assert.deepEqual(titles([...before, snapshot([step('b', 2, 2)])]), ['b@2']);
  const resumed: LiveMessage = { type: 'resumed', epoch: 'e', offset: '12', session, steps: [step('b', 2, 2)] };
  const state = [...before, resumed].reduce(applyMessage, emptyLiveState);
  assert.equal(shownSteps(state).length, 2);
  assert.deepEqual(state.position, { epoch: 'e', offset: '12' });
});

test('after a deletion nothing is shown', () => {
  assert.deepEqual(titles([snapshot([step('a', 1, 1)]), { type: 'gone' }]), []);
});
