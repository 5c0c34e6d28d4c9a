import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CaptureEvent, Target } from '../../schemas/types/capture-event.ts';
import {
  at,
  box,
  button,
  click,
  down,
  field,
  finished,
  key,
  list,
  password,
  play,
  lastDraft,
  pointer,
  stepsOf,
  typed,
} from '../test-support/gestures.ts';
import type { EventDraft } from '../test-support/sample-session.ts';

describe('pointer', () => {
  test('a click leaves at once as provisional and becomes final when its hold of 500 ms is over', () => {
    const chain = play([click(button, 1000), { kind: 'focus', ...at(1400) }, { kind: 'focus', ...at(1500) }]);
    assert.deepEqual(
      chain.drafts.map((step) => [step.state, step.revision]),
      [
        ['provisional', { ordinal: 1, timer: 0, final: false }],
        ['final', { ordinal: 2, timer: 1, final: true }],
      ],
    );
  });

  test('a double click swallows its clicks', () => {
    assert.deepEqual(stepsOf([click(button, 0), click(button, 150, 2)]), ['double-click Save']);
    const chain = play([click(button, 0), click(button, 150, 2)]);
    assert.equal(new Set(chain.drafts.map((step) => step.stepId)).size, 1);
  });

  test('two slow clicks on one button are two steps', () => {
    assert.deepEqual(stepsOf([click(button, 0), click(button, 2000)]), ['click Save', 'click Save']);
  });

  test('a double click into a text field selects a word and is no step of its own', () => {
    assert.deepEqual(stepsOf([click(field, 0), click(field, 100, 2), typed(field, 'alan', 900)]), ['type Username = alan']);
  });

  test('a click that a key made belongs to the key; without one it is a click', () => {
    assert.deepEqual(stepsOf([key('Enter', field, 0), click(button, 5, 0)]), ['press Username = Enter']);
    assert.deepEqual(stepsOf([click(button, 5, 0)]), ['click Save']);
  });

  test('a click on nothing is no step; on a nameless control it is', () => {
    assert.deepEqual(stepsOf([click({ role: 'generic', name: '' }, 0), click({ role: 'generic', name: 'x', tag: 'body' }, 1000)]), []);
    assert.deepEqual(stepsOf([{ kind: 'click', pointer: pointer(), ...at(0) }, click({ role: 'button', name: '' }, 1000)]), ['click ']);
  });

  test('background that only what is around it names is nothing, a small picture in something named is not', () => {
    const spot = (width: number): Target => ({
      role: 'generic',
      name: 'Delete',
      nameSource: 'ancestor',
      rect: { x: 0, y: 0, width, height: 20 },
    });
    assert.deepEqual(stepsOf([click(spot(600), 0)]), []);
    assert.deepEqual(stepsOf([click(spot(20), 0)]), ['click Delete']);
  });

  test('a press whose element the page took away counts as a click when the pointer came up on it', () => {
    const item: Target = { role: 'generic', name: 'p', ref: 'i' };
    const up: EventDraft = { kind: 'pointer.up', target: item, pointer: pointer(), ...at(90) };
    assert.deepEqual(stepsOf([down(item, 0), up]), ['click p']);
    assert.deepEqual(stepsOf([down(item, 0)]), [], 'a pointer that never came up');
    assert.deepEqual(stepsOf([down(item, 0), { ...up, target: button }]), [], 'that came up elsewhere');
    assert.deepEqual(stepsOf([down(item, 0), up, click(item, 95)]), ['click p'], 'once with its click');
  });

  test('a drag is what a recorder says is one, from 5 px, of something that can be dragged', () => {
    const card: Target = { role: 'listitem', name: 'Card', ref: 'k' };
    const drag = (target: Target, x: number): EventDraft => ({ kind: 'drag', target, pointer: pointer(), drag: { x, y: 10 }, ...at(300) });
    assert.deepEqual(stepsOf([down(card, 0), drag(card, 60), click(card, 301)]), ['drag Card']);
    assert.deepEqual(stepsOf([down(card, 0), drag(card, 30), click(card, 301)]), ['drag Card'], 'a row down by one');
    assert.deepEqual(stepsOf([down(card, 0), drag(card, 13)]), []);
    assert.deepEqual(stepsOf([down(field, 0), drag(field, 90)]), [], 'selecting text');
    assert.deepEqual(stepsOf([down(button, 0), drag(button, 90)]), [], 'a press taken back');
  });

  test('a slider that is dragged is set, in one step, whichever is told first', () => {
    const slider: Target = { role: 'slider', name: 'Volume', ref: 's', tag: 'input:range' };
    const drag: EventDraft = { kind: 'drag', target: slider, pointer: pointer(), drag: { x: 90, y: 10 }, ...at(300) };
    const change: EventDraft = { kind: 'change', target: slider, input: { valueClass: 'text', text: '50' }, ...at(301) };
    assert.deepEqual(stepsOf([down(slider, 0), drag, change]), ['type Volume = 50']);
    assert.deepEqual(stepsOf([down(slider, 0), { ...change, ...at(299) }, drag, click(slider, 302)]), ['type Volume = 50']);
  });

  test('a click on the track of a slider sets it, in one step, whenever its value is told', () => {
    const slider: Target = { role: 'slider', name: 'Volume', ref: 's', tag: 'input:range' };
    const change = (ms: number, text = '50'): EventDraft => ({
      kind: 'change',
      target: slider,
      input: { valueClass: 'text', text },
      ...at(ms),
    });
    const up: EventDraft = { kind: 'pointer.up', target: slider, pointer: pointer(), ...at(80) };
    assert.deepEqual(stepsOf([down(slider, 0), change(1), click(slider, 90)]), ['type Volume = 50']);
    assert.deepEqual(stepsOf([down(slider, 0), up, change(81), click(slider, 90)]), ['type Volume = 50']);
    assert.deepEqual(stepsOf([down(slider, 0), click(slider, 90), change(91)]), ['type Volume = 50']);
    const again = [down(slider, 5_000), change(5_001, '70'), click(slider, 5_090)];
    assert.deepEqual(stepsOf([down(slider, 0), change(1), click(slider, 90), ...again]), ['type Volume = 70'], 'what it was set to last');
    const step = lastDraft(play([down(slider, 0), change(2), click(slider, 90)]));
    assert.ok(step.click !== undefined && step.order === 1, 'the press is where it was done');
  });

  test('a context menu supersedes the press before it', () => {
    assert.deepEqual(stepsOf([down(button, 0), { kind: 'context.menu', target: button, pointer: pointer(), ...at(20) }]), [
      'right-click Save',
    ]);
  });
});

describe('typing', () => {
  test('typing into one field is one step whatever the pauses, and takes the click before it', () => {
    const steps = [
      click(field, 0),
      typed(field, 'a', 5000),
      { kind: 'focus' as const, ...at(100_000) },
      click(field, 200_000),
      typed(field, 'alan', 400_000),
    ];
    assert.deepEqual(stepsOf(steps), ['type Username = alan']);
    assert.equal(new Set(play(steps).drafts.map((step) => step.stepId)).size, 1);
  });

  test('what was typed and taken away again never was; what was only taken away is cleared', () => {
    assert.deepEqual(stepsOf([typed(field, 'a', 0), typed(field, '', 500), click(button, 2000)]), ['click Save']);
    assert.deepEqual(stepsOf([typed(field, '', 0)]), ['type Username = ']);
  });

  test('a secret has no value in any draft, whatever the recorder sent', () => {
    const secret: EventDraft = { kind: 'input', target: password, input: { valueClass: 'text', text: 'hunter2' }, ...at(50) };
    const chain = play([click(password, 0), secret, key('Enter', password, 60), finished(1000)]);
    assert.equal(JSON.stringify(chain.drafts).includes('hunter2'), false);
    assert.deepEqual(
      chain.view().map((step) => [step.kind, step.title]),
      [['secret', 'Type a secret into Password']],
    );
  });

  test('a change that commits the typing is no step, before or after the next click and after Enter', () => {
    const change: EventDraft = { kind: 'change', target: field, input: { valueClass: 'text', text: 'alan' } };
    assert.deepEqual(stepsOf([typed(field, 'alan', 0), down(button, 500), { ...change, ...at(510) }, click(button, 600)]), [
      'type Username = alan',
      'click Save',
    ]);
    assert.deepEqual(stepsOf([typed(field, 'alan', 0), click(button, 600), { ...change, ...at(700) }]), [
      'type Username = alan',
      'click Save',
    ]);
    assert.deepEqual(stepsOf([typed(field, 'alan', 0), key('Enter', field, 600), { ...change, ...at(601) }]), [
      'type Username = alan',
      'press Username = Enter',
    ]);
    assert.deepEqual(stepsOf([{ ...change, ...at(0) }]), ['type Username = alan'], 'a recorder that sends only the change');
  });

  test('two fields are two steps, and going back to the first is a third', () => {
    const other: Target = { ...field, ref: 'v', name: 'City' };
    assert.deepEqual(stepsOf([typed(field, 'a', 0), typed(other, 'b', 1000), typed(field, 'ac', 2000)]), [
      'type Username = a',
      'type City = b',
      'type Username = ac',
    ]);
  });
});

describe('choices', () => {
  const change = (target: Target, checked: boolean, ms: number): EventDraft => ({
    kind: 'change',
    target,
    input: { valueClass: 'boolean', checked },
    ...at(ms),
  });

  test('a check box is checked or unchecked, by click, by its label, or by the space key', () => {
    assert.deepEqual(stepsOf([click(box, 0), change(box, true, 1), click(box, 2000), change(box, false, 2001)]), [
      'check cards',
      'uncheck cards',
    ]);
    const label: Target = { role: 'generic', name: 'cards', ref: 'lb', tag: 'label' };
    assert.deepEqual(stepsOf([click(label, 0), click(box, 0), change(box, true, 1)]), ['check cards']);
    assert.deepEqual(stepsOf([click(label, 0), change(box, true, 1)]), ['check cards']);
    assert.deepEqual(stepsOf([key(' ', box, 0), click(box, 1, 0), change(box, true, 2)]), ['check cards']);
  });

  test('a native list is one step, its clicks and its change together', () => {
    const choice: EventDraft = { kind: 'change', target: list, input: { valueClass: 'choice', text: 'Economy' }, ...at(900) };
    assert.deepEqual(stepsOf([click(list, 0), click(list, 800), choice]), ['select Class = Economy']);
    assert.deepEqual(stepsOf([choice]), ['select Class = Economy']);
  });

  test('an option in a list that shows its options, with the change of the list', () => {
    const option: Target = { role: 'option', name: 'Bunny', ref: 'o', tag: 'option' };
    const choice = (name: string): EventDraft => ({
      kind: 'change',
      target: { ...list, name },
      input: { valueClass: 'choice', text: 'Bunny' },
      ...at(10),
    });
    assert.deepEqual(stepsOf([click(option, 0), choice('')]), ['select Bunny = Bunny']);
    assert.deepEqual(stepsOf([click(option, 0), choice('Class')]), ['select Class = Bunny']);
  });

  test('a list that changes before the click on its option arrives: one step, and a double click on the option is one', () => {
    const option: Target = { role: 'option', name: 'Bunny', ref: 'o', tag: 'option' };
    const choice: EventDraft = {
      kind: 'change',
      target: { ...list, role: 'listbox', name: 'Pets' },
      input: { valueClass: 'choice', text: 'Bunny' },
      ...at(5),
    };
    assert.deepEqual(stepsOf([down(option, 0), choice, click(option, 10)]), ['select Pets = Bunny']);
    assert.deepEqual(stepsOf([down(option, 0), choice, click(option, 10), down(option, 40), click(option, 50, 2)]), ['double-click Bunny']);
  });

  test('a file is chosen by one step', () => {
    const upload: Target = { role: 'button', name: 'Upload', ref: 'f', tag: 'input:file' };
    const chosen: EventDraft = { kind: 'file.chosen', target: upload, input: { valueClass: 'file', text: 'a.pdf, b.pdf' }, ...at(9000) };
    assert.deepEqual(stepsOf([click(upload, 0), chosen]), ['file Upload = a.pdf, b.pdf']);
  });
});

describe('choices by key', () => {
  const city: Target = { role: 'combobox', name: 'City', ref: 'city', tag: 'input:text' };
  const change = (text: string, ms: number, valueClass: 'text' | 'choice' = 'text'): EventDraft => ({
    kind: 'change',
    target: city,
    input: { valueClass, text },
    ...at(ms),
  });

  test('Enter on a suggestion is a choice of it, however the recorder knows', () => {
    const chosen = ['type City = par', 'select City = Paris'];
    assert.deepEqual(stepsOf([typed(city, 'par', 0), key('Enter', city, 900), change('Paris', 901, 'choice')]), chosen);
    assert.deepEqual(stepsOf([typed(city, 'par', 0), key('Enter', city, 900), change('Paris', 905)]), chosen);
    assert.deepEqual(stepsOf([typed(city, 'par', 0), change('Paris', 901, 'choice')]), chosen, 'Tab is no step of its own');
    assert.deepEqual(
      stepsOf([typed(city, 'par', 0), key('Enter', city, 900), change('Paris', 905), change('Paris', 9_000)]),
      chosen,
      'told twice',
    );
  });

  test('Enter that does something else stays Enter', () => {
    const pressed = ['type City = 1000', 'press City = Enter'];
    assert.deepEqual(stepsOf([typed(city, '1000', 0), key('Enter', city, 900), change('1,000.00', 905)]), pressed, 'formatted');
    assert.deepEqual(stepsOf([typed(city, '1000', 0), key('Enter', city, 900), change('Paris 1000', 9_000)]), pressed, 'much later');
    assert.deepEqual(stepsOf([typed(city, '1000', 0), key('Enter', city, 900), change('Lyon', 905)]), pressed, 'something else');
  });
});

describe('keys', () => {
  test('keys that act are steps; keys that move, edit or write are not', () => {
    const body: Target = { role: 'document', name: '', tag: 'body' };
    assert.deepEqual(stepsOf([key('Escape', body, 0), key('Tab', field, 1000), key('Backspace', field, 2000), key('Shift', field, 3000)]), [
      'press  = Escape',
    ]);
    assert.deepEqual(stepsOf([key('c', body, 0, ['Control']), key('V', field, 1000, ['Control'])]), []);
    assert.deepEqual(stepsOf([key('k', body, 0, ['Control', 'Shift'])]), ['shortcut  = Ctrl+Shift+K']);
    assert.deepEqual(stepsOf([key('Enter', { role: 'textbox', name: 'Note', tag: 'textarea' }, 0)]), [], 'a new line');
  });
});

describe('pages', () => {
  const navigation = (url: string, cause: string, ms: number): EventDraft => ({
    kind: 'navigation',
    navigation: { url, cause, title: 'Page' },
    ...at(ms),
  });
  const count = (drafts: readonly EventDraft[]) => stepsOf(drafts).filter((step) => step.startsWith('navigate')).length;

  test('back, forward and reload say so; soon after an action only when it has led to a page already', () => {
    const first = navigation('https://a.example/', 'typed', 0);
    const ways = (drafts: EventDraft[]): (string | undefined)[] =>
      play([first, ...drafts])
        .view()
        .map((step) => step.value);
    const link = navigation('https://a.example/2', 'link', 10_100);
    assert.deepEqual(ways([click(button, 10_000), link, navigation('https://a.example/', 'back', 12_000)]), [undefined, undefined, 'back']);
    assert.deepEqual(
      ways([click(button, 10_000), navigation('https://a.example/', 'back', 10_100)]),
      [undefined, undefined],
      "the page's own",
    );
    assert.deepEqual(ways([navigation('https://a.example/', 'reload', 9_000)]), [undefined, 'reload']);
    assert.deepEqual(ways([navigation('https://a.example/', 'reload', 300)]), [undefined], 'the same arrival told twice');
    const both = [navigation('https://b.example/', 'forward', 9_000), navigation('https://a.example/', 'back', 9_900)];
    assert.deepEqual(ways(both), [undefined, 'forward', 'back']);
  });

  test('a page that was opened before its title was known is named by what is done there first', () => {
    const untitled: EventDraft = { kind: 'navigation', navigation: { url: 'https://a.example/', cause: 'typed', title: '' }, ...at(0) };
    const page = { url: 'https://a.example/', title: 'Tea shop' };
    assert.deepEqual(stepsOf([untitled, { ...click(button, 9_000), page }]), ['navigate Tea shop', 'click Save']);
    assert.deepEqual(stepsOf([untitled, { ...click(button, 9_000), page: { ...page, url: 'https://b.example/' } }]), [
      'navigate ',
      'click Save',
    ]);
  });

  test('a navigation belongs to the action of the 5 s before it, unless its address was typed', () => {
    assert.equal(count([navigation('https://a.example/', 'link', 0)]), 1);
    assert.equal(count([click(button, 0), navigation('https://a.example/', 'link', 5000)]), 0);
    assert.equal(count([click(button, 0), navigation('https://a.example/', 'link', 5001)]), 1);
    assert.equal(count([click(button, 0), navigation('https://a.example/', 'typed', 2000)]), 1);
    assert.equal(
      count([navigation('https://a.example/', 'typed', 0), navigation('https://a.example/login', 'link', 900)]),
      1,
      'a redirect',
    );
    assert.equal(count([navigation('https://a.example/x', 'spa', 0)]), 0, 'the page did it');
  });

  test('steps say their page, and references of one page mean nothing on the next', () => {
    const chain = play([
      navigation('https://a.example/', 'typed', 0),
      click(field, 1000),
      navigation('https://a.example/2', 'link', 1500),
      typed(field, 'x', 9000),
      finished(9999),
    ]);
    assert.deepEqual(
      chain.view().map((step) => [step.kind, step.page?.url]),
      [
        ['navigate', 'https://a.example/'],
        ['click', 'https://a.example/'],
        ['type', 'https://a.example/2'],
      ],
    );
  });

  test('switching tabs is a step; a tab that a click opened comes by itself', () => {
    const tab = (change: 'opened' | 'activated', tabId: string, ms: number): EventDraft => ({
      kind: 'tab',
      tab: { change, tabId, title: 'Mail' },
      ...at(ms),
    });
    assert.deepEqual(stepsOf([tab('activated', '2', 0)]), ['tab Mail']);
    assert.deepEqual(stepsOf([click(button, 0), tab('opened', '3', 100), tab('activated', '3', 110)]), ['click Save']);
  });

  test('scroll, hover, focus, blur, submit and clipboard make no step', () => {
    const kinds: readonly CaptureEvent['kind'][] = ['scroll', 'hover', 'focus', 'blur', 'submit', 'clipboard', 'unknown'];
    assert.deepEqual(stepsOf(kinds.map((kind, index) => ({ kind, target: button, ...at(index) }))), []);
  });

  test('another window and a marker are steps', () => {
    const page = { url: '', title: 'Calculator' };
    assert.deepEqual(
      stepsOf([
        { kind: 'window', page },
        { kind: 'window', page },
        { kind: 'marker', note: 'Wait' },
      ]),
      ['window Calculator', 'note  = Wait'],
    );
  });
});
