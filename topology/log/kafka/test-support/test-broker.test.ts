import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerInContainer } from './test-broker.ts';

test('a broker in a container tells clients the address outside, and itself one that is open inside: without, no transaction ends', () => {
  const environment = brokerInContainer('192.0.2.1:33333');
  const listed = (name: string): ReadonlyMap<string, string> =>
    new Map(
      (environment[name] ?? '').split(',').map((entry): [string, string] => [entry.split('://')[0] ?? '', entry.split('://')[1] ?? '']),
    );
  const inner = environment['KAFKA_INTER_BROKER_LISTENER_NAME'] ?? 'PLAINTEXT';
  const [open, advertised] = [listed('KAFKA_LISTENERS'), listed('KAFKA_ADVERTISED_LISTENERS')];
  assert.equal(advertised.get('PLAINTEXT'), '192.0.2.1:33333');
  assert.notEqual(open.get(inner), undefined);
  assert.equal(advertised.get(inner), open.get(inner));
  for (const name of open.keys())
    assert.ok(environment['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP']?.split(',').includes(`${name}:PLAINTEXT`), name);
});
