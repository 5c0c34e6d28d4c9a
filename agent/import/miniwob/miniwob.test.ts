import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CaptureEvent } from '../../../schemas/types/capture-event.ts';
import { importRecording } from '../import-recording.ts';

interface Node {
  readonly tag: string;
  readonly ref: number;
  readonly [field: string]: unknown;
}

const nextRef = counter();
const rect = { left: 10, top: 10, width: 60, height: 20 };

function counter(): () => number {
  let last = 0;
  return () => (last += 1);
}

function el(tag: string, fields: Readonly<Record<string, unknown>> = {}, children: readonly Node[] = []): Node {
  return { tag, ref: nextRef(), id: '', classes: '', bgColor: 'rgba(0, 0, 0, 0)', ...rect, ...fields, children };
}

/** The page with the target marked, and any fields of it changed. */
function shown(node: Node, target: Node | undefined, change: Readonly<Record<number, object>> = {}): object {
  const children = Array.isArray(node['children']) ? node['children'] : [];
  return {
    ...node,
    ...change[node.ref],
    ...(target?.ref === node.ref ? { recordingTarget: true, focused: true } : {}),
    children: children.map((child: Node) => shown(child, target, change)),
  };
}

/** Writes a recording down as the demonstrations do: each event with the page before it was handled. */
class Person {
  readonly #states: object[] = [];
  readonly #page: Node;
  #atMs = 0;
  #change: Readonly<Record<number, object>> = {};

  constructor(page: Node) {
    this.#page = page;
    this.#states.push({ time: 0, action: null, dom: shown(page, undefined) });
  }

  /** From now on the element looks like this. */
  becomes(node: Node, fields: object): this {
    this.#change = { ...this.#change, [node.ref]: { ...this.#change[node.ref], ...fields } };
    return this;
  }

  does(type: string, target: Node, fields: object = {}): this {
    this.#atMs += 80;
    const dom = shown(this.#page, target, this.#change);
    this.#states.push({ time: this.#atMs, action: { type, timing: 1, ...fields }, dom });
    return this;
  }

  clicks(target: Node, x = 20, y = 20): this {
    for (const type of ['mousedown', 'mouseup', 'click']) this.does(type, target, { x, y });
    return this;
  }

  key(target: Node, keyCode: number): this {
    return this.does('keydown', target, { keyCode });
  }

  types(field: Node, text: string): this {
    for (let length = 1; length <= text.length; length += 1) {
      this.key(field, text.toUpperCase().charCodeAt(length - 1)).becomes(field, { value: text.slice(0, length) });
    }
    return this.does('keyup', field, { keyCode: 0 });
  }

  events(): readonly CaptureEvent[] {
    const result = importRecording({ fileName: 'r.json', bytes: Buffer.from(JSON.stringify({ states: this.#states })) });
    assert.ok(result.ok, JSON.stringify(result));
    return result.recording.events;
  }
}

function only(events: readonly CaptureEvent[], ...kinds: readonly string[]): readonly CaptureEvent[] {
  return events.filter((event) => kinds.includes(event.kind));
}

const nameOf = (events: readonly CaptureEvent[]): unknown => only(events, 'click').map(({ target }) => [target?.role, target?.name]);
const told = (events: readonly CaptureEvent[]): readonly unknown[] =>
  only(events, 'input', 'change').map(({ input }) => [input?.valueClass, input?.text]);

describe('names', () => {
  test('a field is named by the cell before it, and by words below it in its own box only', () => {
    const inCell = el('INPUT_text', { value: '' });
    const row = el('TR', {}, [el('TH', { text: 'Genre' }), el('TD', {}, [inCell])]);
    const inBox = el('INPUT_text', { value: '' });
    const box = el('DIV', {}, [inBox, el('DIV', { text: 'Year' })]);
    const bare = el('INPUT_text', { value: '' });
    const form = el('FORM', {}, [bare, el('BUTTON', { text: 'Send' })]);
    const page = el('BODY', {}, [row, box, el('DIV', {}, [form, el('DIV', { text: 'an answer' })])]);
    const events = new Person(page).clicks(inCell).clicks(inBox, 90).clicks(bare, 160).events();
    assert.deepEqual(nameOf(events), [
      ['textbox', 'Genre'],
      ['textbox', 'Year'],
      ['textbox', ''],
    ]);
  });

  test('the label of the field before is no label of this one', () => {
    const area = el('TEXTAREA', { value: '' });
    const label = el('LABEL', {}, [el('t', { text: 'Count' }), el('INPUT_number', { value: '3' })]);
    assert.deepEqual(nameOf(new Person(el('BODY', {}, [label, area])).clicks(area).events()), [['textbox', '']]);
  });

  test('what has no words is called by its looks: a painted box by its colour, a drawing by its shape; a box like its ground by nothing', () => {
    const painted = el('DIV', { bgColor: 'rgb(255, 165, 0)' });
    const plain = el('DIV', { bgColor: 'rgb(255, 255, 255)' });
    const circle = el('circle');
    const page = el('BODY', { bgColor: 'rgb(255, 255, 255)' }, [painted, plain, el('svg', {}, [circle])]);
    const events = new Person(page).clicks(painted).clicks(plain, 90).clicks(circle, 160).events();
    assert.deepEqual(nameOf(events), [
      ['img', 'orange box'],
      ['img', ''],
      ['img', 'circle'],
    ]);
  });

  test('rows that look alike are told apart by their first text, where the words of the element do not do it', () => {
    const buttons = ['Ann', 'Ben'].map(() => el('BUTTON', { text: 'Edit' }));
    const rows = ['Ann', 'Ben'].map((text, index) =>
      el('DIV', { classes: 'row' }, [el('SPAN', { text }), ...buttons.slice(index, index + 1), el('A', { text: `Call ${text}` })]),
    );
    const [, second] = buttons;
    assert.ok(second !== undefined);
    const call = rows[1]?.['children'];
    assert.ok(Array.isArray(call));
    const events = new Person(el('BODY', {}, rows)).clicks(second).clicks(call[2], 90).events();
    assert.deepEqual(
      only(events, 'click').map(({ target }) => [target?.name, target?.context]),
      [
        ['Edit', 'Ben'],
        ['Call Ben', undefined],
      ],
    );
  });
});

describe('clicks', () => {
  test('P3 a click that a label hands on comes at the time of the label, however slow the recorder was', () => {
    const box = el('INPUT_checkbox', { value: false });
    const label = el('LABEL', {}, [box, el('t', { text: 'cards' })]);
    const person = new Person(el('BODY', {}, [label])).clicks(label).becomes(box, { value: true });
    const [first, second] = only(person.does('click', box, { x: 20, y: 20 }).events(), 'click');
    assert.equal(second?.atMs, first?.atMs);
    assert.equal(second?.pointer?.clickCount, 1);
  });

  test('P3 a click without a press, elsewhere, was made by a key', () => {
    const field = el('INPUT_text', { value: '' });
    const button = el('BUTTON', { text: 'Go' });
    const person = new Person(el('BODY', {}, [field, button])).clicks(field).key(field, 13);
    assert.equal(only(person.does('click', button, { x: 0, y: 0 }).events(), 'click').at(-1)?.pointer?.clickCount, 0);
  });

  test('P4 an element that comes and goes under a pointer that rests is what was clicked; after a move it is not', () => {
    const icon = el('SPAN', { classes: 'like', width: 14, height: 14 });
    const controls = el('DIV', { classes: 'controls' }, [icon, el('SPAN', { text: 'x' })]);
    const page = el('BODY', {}, [controls]);
    const pressed = (x: number) =>
      new Person(page)
        .does('mousedown', controls, { x: 20, y: 20 })
        .does('mouseup', icon, { x, y: 20 })
        .does('click', controls, { x, y: 20 });
    assert.deepEqual(nameOf(pressed(20).events()), [['img', 'like']]);
    assert.notDeepEqual(nameOf(pressed(40).events()), [['img', 'like']]);
  });

  test('a recording that ends with a field pressed clicked it; background that is pressed last was not clicked', () => {
    const field = el('INPUT_text', { value: '' });
    const page = el('BODY', {}, [field]);
    const at = { x: 20, y: 20 };
    assert.deepEqual(nameOf(new Person(page).does('mousedown', field, at).events()), [['textbox', '']]);
    assert.deepEqual(nameOf(new Person(page).does('mousedown', page, at).events()), []);
  });
});

describe('typed and set', () => {
  test('W2 a page that takes each letter away gets the whole line, and Enter ends it without clearing', () => {
    const field = el('INPUT_text', { value: '' });
    const person = new Person(el('BODY', {}, [field])).clicks(field);
    for (const letter of ['l', 's']) {
      person.key(field, 76).becomes(field, { value: letter }).does('keyup', field, { keyCode: 76 }).becomes(field, { value: '' });
    }
    const events = person.key(field, 13).does('keyup', field, { keyCode: 13 }).events();
    assert.deepEqual(told(events), [
      ['text', 'l'],
      ['text', 'ls'],
    ]);
  });

  test('W2 a field that Backspace emptied is cleared', () => {
    const field = el('INPUT_text', { value: 'old' });
    const person = new Person(el('BODY', {}, [field])).clicks(field).key(field, 8).becomes(field, { value: '' });
    assert.deepEqual(told(person.does('keyup', field, { keyCode: 8 }).events()), [['empty', undefined]]);
  });

  test('W3 an entry that an arrow key brought and Enter took is chosen, and Enter is no command; Escape takes it back', () => {
    const field = el('INPUT_text', { value: '' });
    const arrow = () => new Person(el('BODY', {}, [field])).types(field, 'Gue').key(field, 40).becomes(field, { value: 'Guernsey' });
    const chosen = arrow().key(field, 13).events();
    assert.deepEqual(told(chosen).slice(-1), [['choice', 'Guernsey']]);
    assert.deepEqual(only(chosen, 'key.down'), []);
    const back = arrow().does('keyup', field, { keyCode: 40 }).key(field, 27).becomes(field, { value: 'Gue' });
    assert.deepEqual(told(back.does('keyup', field, { keyCode: 27 }).events()).slice(-1), [['text', 'Gue']]);
  });

  test('text that is edited in place is typed, and does not name what it is typed into', () => {
    const place = el('DIV');
    const person = new Person(el('BODY', {}, [place])).clicks(place).key(place, 72).becomes(place, { text: 'h' });
    const [event] = only(person.does('keyup', place, { keyCode: 72 }).events(), 'input');
    assert.deepEqual([event?.target?.role, event?.target?.name, event?.input?.text], ['textbox', '', 'h']);
  });

  test('a slider that a page draws says the number that changed with it; other sliders have their own', () => {
    const knobs = [1, 2].map(() => el('SPAN', { classes: 'ui-slider-handle', width: 12, height: 12 }));
    const numbers = ['7', '15'].map((text) => el('DIV', { text }));
    const tracks = knobs.map((knob) => el('DIV', { classes: 'ui-slider' }, [knob]));
    const [first] = knobs;
    const [number] = numbers;
    assert.ok(first !== undefined && number !== undefined);
    const page = el('BODY', {}, [...tracks.slice(0, 1), ...numbers.slice(0, 1), ...tracks.slice(1), ...numbers.slice(1)]);
    const person = new Person(page).does('mousedown', first, { x: 20, y: 20 }).becomes(number, { text: '12' });
    const [event] = only(person.does('mouseup', first, { x: 60, y: 20 }).events(), 'input');
    assert.deepEqual([event?.target?.role, event?.target?.ref?.startsWith(`${first.ref}:`), event?.input?.text], ['slider', true, '12']);
  });

  test('a number that the arrows of its field set is its value', () => {
    const field = el('INPUT_number', { value: '3' });
    const person = new Person(el('BODY', {}, [field])).does('mousedown', field, { x: 68, y: 12 }).becomes(field, { value: '4' });
    assert.deepEqual(told(person.does('mouseup', field, { x: 68, y: 12 }).events()), [['text', '4']]);
  });
});

test('P1 a text field that its page calls a password gives no value and no key', () => {
  const field = el('INPUT_text', { value: '', id: 'password' });
  const events = new Person(el('BODY', {}, [field])).clicks(field).types(field, 'Canary').key(field, 13).events();
  assert.deepEqual(told(events), [['secret', undefined]]);
  assert.deepEqual(only(events, 'key.down'), []);
  assert.ok(!JSON.stringify(events).includes('Canary'));
});

test('P1 a protected number that the pointer sets gives no value', () => {
  const field = el('INPUT_number', { value: '4711', id: 'pin' });
  const person = new Person(el('BODY', {}, [field])).does('mousedown', field, { x: 68, y: 12 }).becomes(field, { value: '4712' });
  assert.deepEqual(told(person.does('mouseup', field, { x: 68, y: 12 }).events()), [['secret', undefined]]);
});

test('an element that went along with the pointer was dragged, however short the way; one that stayed was clicked', () => {
  const item = el('DIV', { text: 'Ann' });
  const page = el('BODY', {}, [item]);
  const pressed = (): Person => new Person(page).does('mousedown', item, { x: 20, y: 20 });
  const up = { x: 20, y: 38 };
  assert.equal(only(pressed().becomes(item, { top: 28 }).does('mouseup', item, up).events(), 'drag').length, 1);
  assert.equal(only(pressed().does('mouseup', item, up).events(), 'drag').length, 0);
});
