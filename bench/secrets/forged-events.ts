export interface ForgedRequest {
  readonly name: string;
  /** Events as an agent would send them; seqs are given when they are sent. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

const page = { url: 'https://bank.example/login', title: 'Log in', tabId: 't1' };
const box = (more: object) => ({ role: 'textbox', name: 'Password', ref: 'e1', ...more });
const input = (text: string, valueClass = 'text') => ({ text, valueClass });

/** What an agent that is broken, or does not play by the rules, might send. Each is one batch, in this order. */
export function forgedRequests(canary: string): readonly ForgedRequest[] {
  const event = (kind: string, more: object): Readonly<Record<string, unknown>> => ({ atMs: Date.now(), kind, page, ...more });
  const keys = (target?: object) => Array.from(canary, (key) => event('key.down', { key: { key }, ...(target && { target }) }));
  return [
    {
      name: 'a field that is marked only at the end of its batch',
      events: [
        event('input', { target: box({ ref: 'e2' }), input: input(canary) }),
        event('focus', { target: box({ ref: 'e2', protected: true }) }),
      ],
    },
    { name: 'text of a marked field', events: [event('input', { target: box({ protected: true }), input: input(canary) })] },
    { name: 'text that says it is secret', events: [event('input', { target: box({}), input: input(canary, 'secret') })] },
    {
      name: 'a name taken from the value',
      events: [event('click', { target: box({ protected: true, nameSource: 'value', name: canary }) })],
    },
    {
      name: 'an editable element named by its content',
      events: [event('click', { target: box({ protected: true, nameSource: 'content', name: canary }) })],
    },
    {
      name: 'a selector that quotes it',
      events: [event('click', { target: box({ protected: true, selector: `input[value="${canary}"]` }) })],
    },
    { name: 'keys in a marked field', events: keys(box({ protected: true })) },
    { name: 'keys without a field while one has the focus', events: [event('focus', { target: box({ protected: true }) }), ...keys()] },
    {
      name: 'keys and text after "show password"',
      events: [...keys(box({ tag: 'input:text' })), event('input', { target: box({ tag: 'input:text' }), input: input(canary) })],
    },
    { name: 'text without a field while one has the focus', events: [event('input', { input: input(canary) })] },
    {
      name: 'a password field that nobody marked',
      events: [event('input', { target: box({ ref: 'e9', tag: 'INPUT:password' }), input: input(canary) })],
    },
    { name: 'a note on a marked field', events: [event('note', { target: box({ protected: true }), note: canary })] },
    { name: 'the whole text as one key', events: [event('key.down', { target: box({ protected: true }), key: { key: canary } })] },
    {
      name: 'a member that nobody knows',
      events: [event('click', { target: { ...box({ protected: true }), value: canary, innerText: canary } })],
    },
  ];
}

/** Bodies that are refused: their answers and the log must not repeat them. */
export function brokenBodies(canary: string): readonly string[] {
  return [
    `{"firstSeq": 1, "events": [{"kind": "input", "input": {"text": "${canary}"`,
    JSON.stringify({ firstSeq: 1, events: [{ seq: 1, atMs: canary, kind: 'input', input: { text: canary, valueClass: 'secret' } }] }),
    JSON.stringify({ firstSeq: canary, events: [] }),
    JSON.stringify({ firstSeq: 1, events: [{ atMs: 1, kind: canary }] }),
  ];
}
