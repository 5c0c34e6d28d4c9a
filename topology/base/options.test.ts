import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from './error-codes.ts';
import { hasCode } from './errors.ts';
import { renderConfigDoc, renderHelp } from './option-docs.ts';
import { booleanOption, integerOption, listOption, numberOption, oneOfOption, stringOption } from './option-types.ts';
import { parseOptions, type OptionRule } from './options.ts';

const table = {
  httpPort: integerOption({ help: 'Port to listen on.', default: 7070, min: 0, max: 65_535 }),
  commitIntervalMs: integerOption({ help: 'Time between commits.', default: 100, unit: 'ms', min: 1 }),
  speed: numberOption({ help: 'Playback speed.', default: 1, min: 0.1 }),
  log: oneOfOption(['embedded', 'kafka', 'memory'], { help: 'Where records live.', default: 'embedded' }),
  brokers: listOption({ help: 'Kafka | brokers.', default: [] }),
  token: stringOption({ help: 'API token.', default: undefined, secret: true, env: 'STEPWRIGHT_SECRET_TOKEN' }),
  open: booleanOption({ help: 'Open a browser.', default: true }),
};

const needsBrokers: OptionRule<typeof table> = ({ log, brokers }) =>
  log === 'kafka' && brokers.length === 0 ? { option: 'brokers', problem: 'must name a broker when --log is kafka' } : undefined;

function refused(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(hasCode(error, code), String(error));
    assert.match(error.message, message);
    return true;
  };
}

test('without any source the defaults stand, with their types', () => {
  const { values, positionals } = parseOptions(table, { args: [], env: {} });
  const port: number = values.httpPort;
  const token: string | undefined = values.token;
  assert.deepEqual([port, token, values.log, values.open, positionals], [7070, undefined, 'embedded', true, []]);
});

test('a flag wins over the environment, that over the file, that over the default', () => {
  const file = { name: 'c.json', json: { httpPort: 1, commitIntervalMs: 2, speed: 0.5 } };
  const env = { STEPWRIGHT_HTTP_PORT: '3', STEPWRIGHT_COMMIT_INTERVAL_MS: '4', PATH: '/bin', STEPWRIGHT_LOG: '' };
  const { values, origins } = parseOptions(table, { args: ['--http-port', '5'], env, file });
  assert.deepEqual([values.httpPort, values.commitIntervalMs, values.speed, values.log], [5, 4, 0.5, 'embedded']);
  assert.deepEqual(
    [origins['httpPort'], origins['commitIntervalMs'], origins['speed'], origins['log']],
    ['flag', 'env', 'file', 'default'],
  );
});

test('flags come as two words or with =, booleans alone or negated, lists repeated or with commas; the rest is positional', () => {
  const args = ['a.json', '--speed=2.5', '--no-open', '--brokers', 'x:1,y:2', '--brokers=z:3', '-', '--', '--http-port'];
  const { values, positionals } = parseOptions(table, { args, env: {} });
  assert.deepEqual([values.speed, values.open, values.brokers], [2.5, false, ['x:1', 'y:2', 'z:3']]);
  assert.deepEqual(positionals, ['a.json', '-', '--http-port']);
});

test('unknown names are refused wherever they stand, with the nearest known one', () => {
  assert.throws(
    () => parseOptions(table, { args: ['--http-prot', '1'], env: {} }),
    refused('CONFIG_UNKNOWN', /--http-prot: .*did you mean --http-port\?/),
  );
  assert.throws(
    () => parseOptions(table, { args: [], env: { STEPWRIGHT_HTTPPORT: '1' } }),
    refused('CONFIG_UNKNOWN', /did you mean STEPWRIGHT_HTTP_PORT/),
  );
  const file = { name: 'c.json', json: { brokrs: [] } };
  assert.throws(
    () => parseOptions(table, { args: [], env: {}, file }),
    refused('CONFIG_UNKNOWN', /brokrs in c\.json: .*did you mean brokers/),
  );
  assert.throws(() => parseOptions(table, { args: ['--frobnicate'], env: {} }), refused('CONFIG_UNKNOWN', /--frobnicate: .*see --help/));
  assert.throws(() => parseOptions(table, { args: ['-p', '1'], env: {} }), refused('CONFIG_UNKNOWN', /^-p: /));
  const inherited = { name: 'c.json', json: JSON.parse('{"constructor":1}') };
  assert.throws(() => parseOptions(table, { args: [], env: {}, file: inherited }), refused('CONFIG_UNKNOWN', /constructor/));
});

test('variables of another command are let through when they are named', () => {
  const env = { STEPWRIGHT_REPLAY_SPEED: '1' };
  assert.equal(parseOptions(table, { args: [], env, otherEnvNames: ['STEPWRIGHT_REPLAY_SPEED'] }).values.httpPort, 7070);
});

test('a value outside its type or range is refused with the name of the field and never shown', () => {
  assert.throws(
    () => parseOptions(table, { args: ['--http-port', '70000'], env: {} }),
    refused('CONFIG_INVALID', /^--http-port: must be an integer from 0 to 65535$/),
  );
  assert.throws(
    () => parseOptions(table, { args: ['--http-port='], env: {} }),
    refused('CONFIG_INVALID', /--http-port: must be an integer/),
  );
  assert.throws(() => parseOptions(table, { args: ['--http-port', '1e999'], env: {} }), refused('CONFIG_INVALID', /must be an integer/));
  assert.throws(
    () => parseOptions(table, { args: ['--log', 'carrier-pigeon'], env: {} }),
    refused('CONFIG_INVALID', /--log: must be one of embedded, kafka, memory/),
  );
  assert.throws(() => parseOptions(table, { args: ['--token'], env: {} }), refused('CONFIG_INVALID', /--token: needs a value/));
  assert.throws(() => parseOptions(table, { args: ['--open=maybe'], env: {} }), refused('CONFIG_INVALID', /--open: must be true or false/));
  const file = { name: 'c.json', json: { token: ['hunter2'] } };
  assert.throws(() => parseOptions(table, { args: [], env: {}, file }), refused('CONFIG_INVALID', /^token in c\.json: must be a string$/));
  assert.throws(
    () => parseOptions(table, { args: [], env: {}, file: { name: 'c.json', json: [] } }),
    refused('CONFIG_INVALID', /c\.json: must hold a JSON object/),
  );
});

test('an impossible combination is refused with the field to change', () => {
  assert.throws(
    () => parseOptions(table, { args: ['--log', 'kafka'], env: {} }, [needsBrokers]),
    refused('CONFIG_INVALID', /^--brokers: must name a broker/),
  );
  assert.equal(parseOptions(table, { args: ['--log', 'kafka', '--brokers', 'x:1'], env: {} }, [needsBrokers]).values.log, 'kafka');
});

test('docs and help hold every option with flag, variable, type, unit, range and default, and no secret', () => {
  const secret = { ...table, password: stringOption({ help: 'Password.', default: 'hunter2', secret: true }) };
  const doc = renderConfigDoc([{ title: 'start', about: 'Runs everything.', table: secret }]);
  assert.match(
    doc,
    /\| `commitIntervalMs` \| `--commit-interval-ms` \| `STEPWRIGHT_COMMIT_INTERVAL_MS` \| integer, ms, 1 or more \| `100` \| Time between commits\. \|/,
  );
  assert.match(doc, /\| `token` \| `--token` \| `STEPWRIGHT_SECRET_TOKEN` \| string \| none \|/);
  assert.match(doc, /Kafka \\\| brokers/);
  for (const text of [doc, renderHelp(secret)]) assert.doesNotMatch(text, /hunter2/);
  assert.equal(renderHelp(secret).split('\n').length, Object.keys(secret).length);
});
