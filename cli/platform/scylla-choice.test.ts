import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from '../../topology/base/options.ts';
import { scyllaOptions } from '../scylla-options.ts';
import { scyllaChoiceOf, scyllaViewsOf } from './scylla-choice.ts';

function choiceOf(...args: readonly string[]) {
  const { values } = parseOptions(scyllaOptions, { args, env: {} });
  return scyllaChoiceOf(values);
}

test('a thread of `run --threads` gets the same Scylla views as the process: nodes, credentials and how long each tenant keeps its rows', () => {
  const choice = choiceOf(
    ...['--scylla-contact-points', 'one:9042,two:9042', '--scylla-user', 'app', '--scylla-password', 'word', '--scylla-tls'],
    ...['--scylla-keep-days', '30', '--scylla-keep-days-of', 'brief=1,long=7300'],
  );
  const copied = scyllaViewsOf(structuredClone(choice));
  assert.deepEqual(['brief', 'long', 'any'].map(copied.ttlSecondsOf), [86_400, 7_300 * 86_400, 30 * 86_400]);
  assert.deepEqual(copied.contactPoints, ['one:9042', 'two:9042']);
  assert.deepEqual(copied.credentials, { user: 'app', password: 'word' });
  assert.deepEqual(copied.tls, { ca: undefined });
  assert.equal('keepDays' in copied, false);
});

test('without days for it a tenant keeps its rows for ever', () => {
  assert.equal(scyllaViewsOf(structuredClone(choiceOf())).ttlSecondsOf('any'), 0);
});
