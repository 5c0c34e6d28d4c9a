import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createEventParser } from '../../schemas/validate-event.ts';
import { detectFormat, importRecording, type ImportOptions } from './import-recording.ts';
import type { ImportedRecording } from './import-result.ts';

function importText(text: string, options: Partial<ImportOptions> = {}) {
  return importRecording({ fileName: 'a.json', bytes: Buffer.from(text), ...options });
}

function recordingOf(text: string, options: Partial<ImportOptions> = {}): ImportedRecording {
  const result = importText(text, options);
  assert.ok(result.ok, JSON.stringify(result));
  return result.recording;
}

function faultOf(text: string, options: Partial<ImportOptions> = {}) {
  const result = importText(text, options);
  assert.ok(!result.ok);
  return result.error;
}

const click = { seq: 1, atMs: 1000, kind: 'click', target: { role: 'button', name: 'Save' }, pointer: { x: 1, y: 2, button: 'left' } };

describe('events', () => {
  test('JSON Lines of the event contract come back as they were, without fields the contract does not have', () => {
    const recording = recordingOf(JSON.stringify({ ...click, invented: 1, target: { ...click.target, extra: true } }));
    assert.deepEqual(recording.events, [click]);
    assert.equal(recording.format, 'events');
  });

  test('title and agent come from the opening line, and facts of the platform cannot be forged', () => {
    const opened = { seq: 0, atMs: 5, kind: 'session.opened', opened: { title: 'T', agent: { name: 'x', version: '2' } } };
    const edit = { seq: 1, atMs: 5, kind: 'edit', edit: { editId: 'e', author: 'a', op: 'delete' } };
    const recording = recordingOf([opened, edit, click].map((line) => JSON.stringify(line)).join('\n'));
    assert.equal(recording.title, 'T');
    assert.deepEqual(recording.agent, { name: 'x', version: '2' });
    assert.deepEqual(
      recording.events.map((event) => event.kind),
      ['click'],
    );
  });

  test('the value of a protected field and its keys go no further', () => {
    const target = { role: 'textbox', name: 'Password', protected: true };
    const lines = [
      { seq: 1, atMs: 1, kind: 'input', target, input: { valueClass: 'text', text: 'hunter2' } },
      { seq: 2, atMs: 2, kind: 'key.down', target, key: { key: 'h' } },
    ];
    const recording = recordingOf(lines.map((line) => JSON.stringify(line)).join('\n'));
    assert.equal(JSON.stringify(recording).includes('hunter2'), false);
    assert.deepEqual(recording.events[0]?.input, { valueClass: 'secret' });
    assert.equal(recording.events[1]?.key, undefined);
  });

  test('a fault names line and field and quotes nothing', () => {
    const error = faultOf(`${JSON.stringify(click)}\n${JSON.stringify({ ...click, seq: 2, target: { role: 'button', name: 7 } })}`);
    assert.deepEqual(error, {
      code: 'IMPORT_INVALID',
      file: 'a.json',
      line: 2,
      field: 'target.name',
      message: 'must be a string, not a number',
    });
    const broken = faultOf(`${JSON.stringify(click)}\n{"seq": hunter2`);
    assert.equal(broken.line, 2);
    assert.equal(broken.message.includes('hunter2'), false);
  });

  test('a kind of a newer contract stays as unknown, a picture without bytes as missing', () => {
    const screenshot = {
      ofSeq: 1,
      phase: 'before',
      sha256: 'a'.repeat(64),
      sizeBytes: 1,
      mediaType: 'image/png',
      width: 1,
      height: 1,
      scale: 1,
      masks: [],
    };
    const lines = [click, { ...click, seq: 2, kind: 'telepathy' }, { seq: 3, atMs: 1, kind: 'screenshot', screenshot }];
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    const missing = recordingOf(text).events;
    assert.deepEqual(
      missing.map((event) => event.kind),
      ['click', 'unknown', 'screenshot.missing'],
    );
    assert.equal(missing[2]?.ofSeq, 1);
    assert.equal(recordingOf(text, { screenshots: 'keep' }).events[2]?.kind, 'screenshot');
  });
});

describe('chrome-recorder', () => {
  const recording = {
    title: 'Sign in',
    steps: [
      { type: 'setViewport', width: 800, height: 600 },
      {
        type: 'navigate',
        url: 'https://example.com/',
        assertedEvents: [{ type: 'navigation', url: 'https://example.com/', title: 'Example' }],
      },
      { type: 'change', value: 'ann', selectors: [['aria/User name'], ['#u']] },
      { type: 'change', value: 'hunter2', selectors: [['#password']] },
      { type: 'keyDown', key: 'h' },
      { type: 'keyDown', key: 'Control' },
      { type: 'click', selectors: [['aria/Sign in[role="button"]'], ['button.go']], offsetX: 3, offsetY: 4 },
      { type: 'waitForElement', selectors: [['#x']] },
    ],
  };

  test('names and roles come from aria selectors, a secret by its selector is never read', () => {
    const imported = recordingOf(JSON.stringify(recording));
    assert.equal(imported.title, 'Sign in');
    assert.deepEqual(
      imported.events.map((event) => [event.seq, event.kind, event.target?.role, event.target?.name]),
      [
        [1, 'navigation', undefined, undefined],
        [2, 'change', 'textbox', 'User name'],
        [3, 'change', 'textbox', ''],
        [4, 'click', 'button', 'Sign in'],
      ],
    );
    assert.equal(imported.events[2]?.input?.valueClass, 'secret');
    assert.equal(imported.events[2]?.target?.protected, true);
    assert.equal(JSON.stringify(imported).includes('hunter2'), false);
    assert.deepEqual(imported.events[3]?.pointer?.modifiers, ['Control']);
    assert.equal(imported.events[3]?.page?.title, 'Example');
  });

  test('the title that the recorder gives by itself is none', () => {
    assert.equal(recordingOf('{"title":"Recording 3/4/2025 at 10:00:00 AM","steps":[]}').title, undefined);
  });

  test('a fault names the step', () => {
    assert.equal(faultOf('{"steps":[{"type":"navigate"}]}').field, 'steps[0].url');
    assert.equal(faultOf('{"steps":7}', { format: 'chrome-recorder' }).field, 'steps');
  });
});

describe('miniwob', () => {
  const folder = new URL('../../../agent/import/testdata/miniwob/', import.meta.url);
  const load = (name: string): ImportedRecording => {
    const result = importRecording({ fileName: name, bytes: readFileSync(new URL(name, folder)) });
    assert.ok(result.ok, JSON.stringify(result));
    return result.recording;
  };
  const names = (recording: ImportedRecording, kind: string) =>
    recording.events.filter((event) => event.kind === kind).map((event) => `${event.target?.role} ${event.target?.name}`);

  test('every recording is read, in order, each event once', () => {
    const parser = createEventParser();
    for (const name of readdirSync(folder)) {
      const { events, format } = load(name);
      assert.equal(format, 'miniwob');
      assert.ok(events.length > 0, name);
      for (const event of events) assert.deepEqual(parser.parseFromAgent(event), { ok: true, event });
      events.forEach((event, index) => {
        assert.equal(event.seq, index + 1);
        assert.ok(event.atMs >= (events[index - 1]?.atMs ?? 0));
      });
    }
  });

  test('names are what a person reads: label, content, text before, the button around an icon, the row of an icon', () => {
    assert.deepEqual(names(load('login-user-d1.json.gz'), 'input'), ['textbox Username', 'textbox Password']);
    assert.deepEqual(names(load('click-dialog-d1.json.gz'), 'click'), ['button Close']);
    assert.deepEqual(names(load('choose-date-medium-d1.json.gz'), 'click'), ['textbox Date', 'link Prev', 'link 19', 'button Submit']);
    assert.deepEqual(names(load('email-inbox-d3.json.gz'), 'click').at(-1), 'img send');
    assert.deepEqual(names(load('flight.Alaska-auto-d1.json.gz'), 'click').at(-1), 'button Find Flights');
    assert.equal(
      load('choose-date-medium-d1.json.gz').events.find((event) => event.target?.name === '19')?.target?.context,
      'November 2016',
    );
  });

  test('typed values are those that keys made, not those that a script put there', () => {
    const typed = load('use-autocomplete-d3.json.gz').events.filter((event) => event.kind === 'input');
    assert.deepEqual(
      typed.map((event) => event.input?.text),
      ['P', 'Pa'],
    );
  });

  test('a checkbox changes when clicked', () => {
    const changes = load('click-checkboxes-d2.json.gz').events.filter((event) => event.kind === 'change');
    assert.deepEqual(
      changes.map((event) => [event.target?.name, event.input?.checked]),
      [
        ['cards', true],
        ['karen', true],
        ['shaw', true],
        ['suitable', true],
        ['41', true],
      ],
    );
  });

  test('no value of a password field, and no key pressed in one, is in any event', () => {
    for (const [name, passwords] of [
      ['login-user-d1.json.gz', ['V8WJY']],
      ['enter-password-d1.json.gz', ['tAt7', 'tAt']],
    ] as const) {
      const recording = load(name);
      const output = JSON.stringify(recording);
      for (const password of passwords) assert.equal(output.includes(password), false);
      assert.ok(recording.events.some((event) => event.input?.valueClass === 'secret'));
      assert.deepEqual(
        recording.events.filter((event) => event.kind === 'key.down' && event.target?.protected === true),
        [],
      );
    }
  });

  test('the task, its utterance and its reward are not read', () => {
    const states = [{ time: 0, action: null, dom: { tag: 'BODY', children: [] } }];
    const recording = recordingOf(JSON.stringify({ states, utterance: 'CANARY', taskName: 'CANARY', reward: 'CANARY' }));
    assert.equal(JSON.stringify(recording).includes('CANARY'), false);
  });

  test('a field that was a password once stays one', () => {
    const dom = (tag: string, value: string) => ({
      tag: 'BODY',
      children: [{ tag, ref: 3, id: '', value, focused: true, recordingTarget: true, children: [] }],
    });
    const key = (timing: number) => ({ type: 'keydown', keyCode: 65, timing });
    const states = [
      { time: 0, action: null, dom: dom('INPUT_password', '') },
      { time: 1, action: key(1), dom: dom('INPUT_text', '') },
      { time: 2, action: key(3), dom: dom('INPUT_text', 'canary') },
    ];
    assert.equal(JSON.stringify(recordingOf(JSON.stringify({ states }))).includes('canary'), false);
  });

  test('a fault names the state', () => {
    assert.equal(faultOf('{"states":[{"time":"x"}]}').field, 'states[0].time');
    assert.equal(faultOf('{"states":[{"time":1,"action":{"timing":1},"dom":{}}]}').field, 'states[0].action.type');
  });
});

test('what comes out is what ingest takes, however long the texts of the file are', () => {
  const long = 'ä'.repeat(20_000);
  const steps = [
    { type: 'navigate', url: `https://example.com/${long}`, assertedEvents: [{ type: 'navigation', title: long }] },
    { type: 'click', selectors: [[`aria/${long}`], [`#${long}`]], offsetX: 1.5, offsetY: 2 },
    { type: 'keyDown', key: long },
    { type: 'change', value: long, selectors: [['#a']] },
  ];
  const dom = { tag: `INPUT_${long}`, ref: 1, id: long, text: long, recordingTarget: true, children: [] };
  const states = [{ time: 1.7, action: { type: 'click', timing: 1, x: 1, y: 1 }, dom }];
  const parser = createEventParser();
  for (const text of [JSON.stringify({ title: 'x', steps }), JSON.stringify({ states })]) {
    const { events } = recordingOf(text);
    assert.ok(events.length > 0);
    for (const event of events) assert.deepEqual(parser.parseFromAgent(event), { ok: true, event });
  }
});

describe('untrusted files', () => {
  test('limits hold for wire bytes, inflated bytes, nesting and events', () => {
    assert.match(faultOf('x'.repeat(100), { limits: { wireBytes: 10 } }).message, /larger than 10/);
    const bomb = importRecording({ fileName: 'b', bytes: gzipSync(Buffer.alloc(1_000_000)), limits: { inflatedBytes: 1000 } });
    assert.ok(!bomb.ok);
    assert.match(bomb.error.message, /inflates to more than 1000/);
    assert.match(faultOf(`{"states":${'['.repeat(5000)}`).message, /nesting/);
    const lines = Array.from({ length: 5 }, (_, index) => JSON.stringify({ ...click, seq: index + 1 })).join('\n');
    assert.match(faultOf(lines, { limits: { eventCount: 3 } }).message, /more than 3 events/);
  });

  test('an unknown format says what to do', () => {
    assert.match(faultOf('hello').message, /--format/);
    assert.equal(detectFormat('{"steps":[]}'), 'chrome-recorder');
    assert.equal(detectFormat(JSON.stringify(click)), 'events');
  });

  test('truncated gzip and bytes that are no text are refused', () => {
    for (const bytes of [Buffer.from([0x1f, 0x8b, 1, 2]), Buffer.from([0xff, 0xfe, 0xfd])]) {
      const result = importRecording({ fileName: 'x', bytes });
      assert.ok(!result.ok);
    }
  });

  test('no JSON value at all makes an import throw', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('events', 'miniwob', 'chrome-recorder', undefined), (json, format) => {
        importText(json, format === undefined ? {} : { format });
        importText(`{"states":[{"time":1,"action":{"type":"click","timing":1,"x":1,"y":1},"dom":${json}}]}`);
        importText(`{"steps":[{"type":"click","selectors":${json}}]}`);
      }),
      { numRuns: 300 },
    );
  });
});

test('a click that Chrome Recorder knows by a bare selector only stays a click on something', () => {
  const bytes = Buffer.from(
    JSON.stringify({ title: 't', steps: [{ type: 'click', selectors: [['#main > span.icon']], offsetX: 1, offsetY: 1 }] }),
  );
  const result = importRecording({ fileName: 'r.json', bytes });
  assert.ok(result.ok);
  const click = result.recording.events.find((event) => event.kind === 'click');
  assert.deepEqual([click?.target?.role, click?.target?.name], ['element', '']);
});
