import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Guide, GuideStep, StepKind } from '../../schemas/types/guide.ts';
import { expectationsOf } from './ask/ask.ts';
import { bundledRecordings, fullRecordings } from './data-folders.ts';
import { readPage, withKind } from './page.ts';
import { readRecordings, type AskedRecording } from './recording.ts';
import { report } from './report.ts';
import { passes, scoreRecording, total, type ScoredRecording } from './score.ts';

const recordings = readRecordings(bundledRecordings);
const full = fullRecordings();

function recordingOf(family: string): AskedRecording {
  const found = recordings.find((recording) => recording.family === family);
  assert.ok(found, `no recording of ${family} in testdata`);
  return found;
}

type Told = readonly [kind: StepKind, name: string, value?: string | undefined, title?: string];

function guide(...told: readonly Told[]): Guide {
  const steps = told.map(([kind, name, value, title], index): GuideStep => ({
    order: index + 1,
    stepId: `s${index}`,
    kind,
    title: title ?? `${kind} ${name === '' ? 'the field' : name} ${value ?? ''}`,
    description: '',
    target: { name, role: 'generic' },
    ...(value === undefined ? {} : { value }),
    atMs: index,
  }));
  const revision = { ordinal: 1, timer: 0, final: true };
  const ids = { guideId: 'g', tenantId: 't', sessionId: 's' };
  const common = { title: 'How to', summary: '', missedEvents: 0, durationMs: 1, redactions: [], warnings: [] };
  return { schemaVersion: 1, ...ids, revision, ...common, steps };
}

/** What a careful person would write for the bundled recordings. */
const perfect: Readonly<Record<string, readonly Told[]>> = {
  'choose-date-medium': [
    ['click', 'Date'],
    ['click', 'Prev'],
    ['click', '19'],
    ['click', 'Submit'],
  ],
  'choose-list': [
    ['select', '', undefined, 'Select an option in the list'],
    ['click', 'Submit'],
  ],
  'click-button': [['click', 'ok']],
  'click-checkboxes': [
    ['check', 'copies'],
    ['check', 'bursting'],
    ['click', 'Submit'],
  ],
  'click-dialog-2': [['click', 'Cancel']],
  'click-option': [
    ['check', 'nPPZ'],
    ['click', 'Submit'],
  ],
  'click-scroll-list': [
    ['select', '', 'Brinn, Vinny'],
    ['click', 'Submit'],
  ],
  'click-tab-2': [
    ['click', 'Tab #2'],
    ['click', 'pakistani'],
  ],
  'email-inbox': [
    ['click', 'Gypsy Targets arbitration.'],
    ['click', 'Forward'],
    ['type', 'to:', 'Anstice'],
    ['click', 'Send'],
  ],
  'enter-date': [
    ['type', '', '2010-11-07'],
    ['click', 'Submit'],
  ],
  'enter-password': [
    ['secret', 'Password'],
    ['secret', 'Verify password'],
    ['click', 'Submit'],
  ],
  'login-user': [
    ['type', 'Username', 'leonie'],
    ['secret', 'Password'],
    ['click', 'Login'],
  ],
  'use-autocomplete': [
    ['type', 'Tags', 'Lib'],
    ['click', 'Libya'],
    ['click', 'Submit'],
  ],
};

function scoreAll(told: (recording: AskedRecording) => readonly Told[]): readonly ScoredRecording[] {
  return recordings.map((recording) => scoreRecording(recording, guide(...told(recording))));
}

function scoreOne(family: string, ...told: readonly Told[]): ScoredRecording {
  return scoreRecording(recordingOf(family), guide(...told));
}

describe('the scorer of steps', () => {
  it('gives full marks to guides that say what was asked', () => {
    const scored = scoreAll((recording) => perfect[recording.family] ?? []);
    const { precision, recall, titles, leaks, recordings: count } = total(scored);
    assert.deepEqual(
      { precision, recall, titles, leaks, count },
      { precision: 1, recall: 1, titles: 1, leaks: 0, count: 13 },
      report(scored),
    );
    assert.equal(passes(scored), true);
  });

  it('gives nothing for guides that say nothing', () => {
    const scored = scoreAll(() => []);
    assert.deepEqual([total(scored).precision, total(scored).recall, passes(scored)], [0, 0, false]);
  });

  it('gives recall but no precision to guides that say everything on the page', () => {
    const scored = scoreAll((recording) => [
      ...(perfect[recording.family] ?? []),
      ...readPage(recording.finalDom).elements.map((element): Told => ['click', element.name]),
    ]);
    assert.ok(total(scored).precision < 0.5, report(scored));
    assert.equal(passes(scored), false);
  });

  it('fails a set in which every guide has one step too many about a real element', () => {
    const scored = scoreAll((recording) => {
      const other = withKind(readPage(recording.finalDom), 'link', 'item', 'tab', 'text').at(-1);
      return [['click', other?.name ?? 'Nowhere'], ...(perfect[recording.family] ?? [])];
    });
    assert.ok(total(scored).precision < 0.95, report(scored));
  });

  it('counts a missing step against recall only', () => {
    const { judged } = scoreOne('login-user', ['type', 'Username', 'leonie'], ['click', 'Login']);
    assert.deepEqual(
      judged?.missed.map((missed) => missed.what),
      ['type into Password'],
    );
    assert.deepEqual(
      judged?.steps.map((step) => step.verdict),
      ['hit', 'hit'],
    );
  });

  it('counts an invented step against precision only', () => {
    const { judged } = scoreOne('click-option', ['check', 'nPPZ'], ['click', 'Help'], ['click', 'Submit']);
    assert.deepEqual([judged?.missed.length, judged?.steps.map((step) => step.verdict)], [0, ['hit', 'noise', 'hit']]);
  });

  it('counts a wrong name against both', () => {
    const { judged } = scoreOne('click-tab-2', ['click', 'Tab #2'], ['click', 'ui-id-7']);
    assert.deepEqual([judged?.missed.length, judged?.steps.map((step) => step.verdict)], [1, ['hit', 'noise']]);
  });

  it('counts a wrong value and a wrong kind against both', () => {
    const value = scoreOne('login-user', ['type', 'Username', 'leo'], ['secret', 'Password'], ['click', 'Login']);
    const kind = scoreOne('click-option', ['click', 'nPPZ'], ['click', 'Submit']);
    assert.deepEqual([value.judged?.missed.length, kind.judged?.missed.length], [1, 1]);
  });

  it('forgives a detour over an element of the page, but not a step said twice in a row', () => {
    const detour = scoreOne('click-tab-2', ['click', 'Tab #3'], ['click', 'Tab #2'], ['click', 'pakistani']);
    const twice = scoreOne('click-tab-2', ['click', 'Tab #2'], ['click', 'Tab #2'], ['click', 'pakistani']);
    assert.deepEqual(
      detour.judged?.steps.map((step) => step.verdict),
      ['detour', 'hit', 'hit'],
    );
    assert.deepEqual(
      twice.judged?.steps.map((step) => step.verdict),
      ['hit', 'noise', 'hit'],
    );
  });

  it('wants the closing step last', () => {
    const { judged } = scoreOne('click-option', ['click', 'Submit'], ['check', 'nPPZ']);
    assert.deepEqual([judged?.missed.map((missed) => missed.what), judged?.steps[0]?.verdict], [['click Submit'], 'noise']);
  });

  it('takes a closing step that had to be repeated for a detour and the last one for the close', () => {
    const { judged } = scoreOne('click-option', ['click', 'Submit'], ['check', 'nPPZ'], ['click', 'Submit']);
    assert.deepEqual(
      judged?.steps.map((step) => step.verdict),
      ['detour', 'hit', 'hit'],
    );
  });

  it('takes a title for wrong when it does not hold the name of the element', () => {
    const { judged } = scoreOne(
      'click-option',
      ['check', 'nPPZ', undefined, 'Select an option'],
      ['click', 'Submit', undefined, 'Click Submit'],
    );
    assert.deepEqual(
      judged?.steps.map((step) => step.titleRight),
      [false, true],
    );
  });

  it('finds a password wherever it stands in a guide and does not repeat it', () => {
    const scored = scoreOne('login-user', ['secret', 'Password', 'Q7tpv'], ['click', 'Login', undefined, 'Click Q7tpv']);
    assert.deepEqual(scored.leaks, ['/steps/0/title', '/steps/0/value', '/steps/1/title']);
    assert.equal(passes([scored]), false);
    assert.doesNotMatch(report([scored]), /Q7tpv/);
  });

  it('fails a request that it does not understand instead of passing it', () => {
    const recording = { ...recordingOf('click-button'), utterance: 'Do something nice.' };
    assert.equal(expectationsOf(recording.utterance, readPage(recording.finalDom)), undefined);
    assert.equal(passes([scoreRecording(recording, guide())]), false);
  });

  it(
    'understands every request of the whole set, each with something required',
    { skip: full === undefined ? 'the whole set is not beside the checkout' : false },
    () => {
      for (const recording of readRecordings(full ?? '')) {
        const expectations = expectationsOf(recording.utterance, readPage(recording.finalDom));
        assert.ok(
          expectations?.some((expected) => expected.need === 'required'),
          recording.id,
        );
      }
    },
  );
});
