import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { hasCode } from '../../../topology/base/errors.ts';
import { createTopicSerdes } from '../../avro-serde.ts';
import { testRegistryContract } from '../registry-contract.ts';
import type { SchemaRegistry } from '../schema-registry.ts';
import { prefixedRegistry } from '../test-support/prefixed-registry.ts';
import { findTestRegistry, ownRegistrySkip, startOwnRegistry } from '../test-support/test-registry.ts';
import { createRemoteRegistry, remoteRegistryDefaults } from './remote-registry.ts';

const server = await findTestRegistry(process.env['STEPWRIGHT_TEST_REGISTRY']);
const record = (...fields: readonly string[]): string =>
  JSON.stringify({ type: 'record', name: 'Thing', fields: fields.map((name) => ({ name, type: ['null', 'int'], default: null })) });

function open(url: string, prefix: string): SchemaRegistry {
  return prefixedRegistry(
    createRemoteRegistry({ ...remoteRegistryDefaults, url, random: Math.random, nowMs: () => performance.now() }),
    prefix,
  );
}

if ('skipReason' in server) {
  test('the registry contract on a real registry', { skip: server.skipReason }, () => {});
} else {
  testRegistryContract('remote registry', () => {
    const prefix = `${randomUUID()}-`;
    return { registry: open(server.address, prefix), reopen: () => open(server.address, prefix), dispose: () => {} };
  });

  test('every topic of ours can be registered, again too, and gets the same ids', async () => {
    const prefix = `${randomUUID()}-`;
    const [first, second] = [open(server.address, prefix), open(server.address, prefix)];
    await createTopicSerdes(first);
    await createTopicSerdes(second);
    assert.deepEqual(await second.versionsOf('guide.steps.v1-value'), await first.versionsOf('guide.steps.v1-value'));
    assert.ok((await first.versionsOf('guide.steps.v1-value')).length > 0);
  });

  test('the registry itself keeps out what a process without our check would register', async () => {
    const prefix = `${randomUUID()}-`;
    await open(server.address, prefix).register('things-value', record('a'));
    const schema = JSON.stringify({ type: 'record', name: 'Thing', fields: [{ name: 'c', type: 'int' }] });
    const answer = await fetch(`${server.address}/subjects/${prefix}things-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    });
    assert.equal(answer.status, 409);
  });

  test('many processes that start at once get one id', async () => {
    const prefix = `${randomUUID()}-`;
    const ids = await Promise.all(Array.from({ length: 8 }, () => open(server.address, prefix).register('things-value', record('a'))));
    assert.equal(new Set(ids).size, 1);
  });
}

test('a registry that is away is said to be, and one that comes back is used', { skip: ownRegistrySkip() }, async () => {
  const own = await startOwnRegistry();
  const tuning = { ...remoteRegistryDefaults, url: own.address, random: Math.random, nowMs: () => performance.now() };
  const registry = createRemoteRegistry({ ...tuning, attempts: 100 });
  const id = await registry.register('things-value', record('a'));
  await own.kill();
  assert.equal(registry.schemaById(id), record('a'), 'what is known stays known');
  const impatient = createRemoteRegistry({ ...tuning, attempts: 1 });
  await assert.rejects(
    impatient.register('things-value', record('a')),
    (error) => hasCode(error, 'SCHEMA_REGISTRY_UNAVAILABLE') && error.disposition === 'retry' && error.message.includes(own.address),
  );
  const waiting = registry.register('things-value', record('a', 'b'));
  await Promise.all([own.startAgain(), waiting]);
  assert.notEqual(await waiting, id);
  assert.equal(await impatient.register('things-value', record('a')), id, 'ids outlive the process of the registry');
});
