import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommandLine } from '../main.ts';

/** What `stepwright run` says before anything is opened. */
async function refused(...args: readonly string[]): Promise<string> {
  let err = '';
  const context = { env: {}, stdout: () => {}, stderr: (text: string) => void (err += text), stopped: new AbortController().signal };
  assert.equal(await runCommandLine(['run', ...args], context), 2, err);
  return err;
}

const kafka = ['--log', 'kafka', '--brokers', '127.0.0.1:9092'];

test('a role that is none is refused with those that are', async () => {
  assert.match(await refused('--roles', 'gateway,processor'), /--roles: "processor" is none of gateway, processors, sinks/);
  assert.match(await refused('--roles', ','), /--roles: name at least one/);
});

test('what is embedded belongs to one process: roles that would have no way to it are refused, naming the option and the way out', async () => {
  assert.match(await refused('--roles', 'processors'), /--log: embedded .*gateway and sinks .*--log kafka/);
  for (const alone of ['gateway', 'sinks', 'gateway,processors']) {
    assert.match(await refused('--roles', alone, ...kafka), /--views: embedded .*--roles gateway,sinks/);
  }
});

test('threads need a log that each can reach, and tasks', async () => {
  assert.match(await refused('--threads', '2'), /--threads: need a log .*--log kafka/);
  assert.match(await refused('--roles', 'gateway,sinks', '--threads', '2', ...kafka), /--threads: are for the role processors/);
});

test('a name to advertise is one, with a port or without', async () => {
  for (const wrong of ['http://p1', 'p1:', 'p 1', 'p1:80:80'])
    assert.match(await refused(...kafka, '--advertised-host', wrong), /--advertised-host: ".*" is no name like processors-1/);
});

test('brokers belong to the Kafka log, are needed by it and have a port; a password belongs to a user', async () => {
  assert.match(await refused('--brokers', '127.0.0.1:9092'), /--brokers: belongs to --log kafka/);
  assert.match(await refused('--log', 'kafka'), /--brokers: is needed with --log kafka/);
  assert.match(await refused('--log', 'kafka', '--brokers', 'kafka-1,kafka-2:9092'), /--brokers: "kafka-1" is no host:port/);
  assert.match(await refused(...kafka, '--brokers-user', 'app'), /--brokers-password: is needed with --brokers-user/);
  const told = await refused(...kafka, '--brokers-password', 'hunter2');
  assert.match(told, /--brokers-password: belongs to --brokers-user/);
  assert.doesNotMatch(told, /hunter2/);
});

test('nodes belong to the Scylla views, are needed by them and have a port; a password belongs to a user; days belong to a tenant', async () => {
  const scylla = [...kafka, '--views', 'scylla'];
  const nodes = [...scylla, '--scylla-contact-points', '127.0.0.1:9042'];
  assert.match(await refused(...kafka, '--scylla-contact-points', '127.0.0.1:9042'), /--scylla-contact-points: belongs to --views scylla/);
  assert.match(await refused(...scylla), /--scylla-contact-points: is needed with --views scylla/);
  assert.match(await refused(...scylla, '--scylla-contact-points', 'node-1'), /--scylla-contact-points: "node-1" is no host:port/);
  assert.match(await refused(...nodes, '--scylla-user', 'app'), /--scylla-password: is needed with --scylla-user/);
  const told = await refused(...nodes, '--scylla-password', 'hunter2');
  assert.match(told, /--scylla-password: belongs to --scylla-user/);
  assert.doesNotMatch(told, /hunter2/);
  assert.match(await refused(...nodes, '--scylla-ca', 'ca.pem'), /--scylla-ca: belongs to --scylla-tls/);
  assert.match(await refused(...nodes, '--scylla-keep-days-of', 'acme=soon'), /--scylla-keep-days-of: "acme=soon" is no tenant=days/);
});

test('a bucket belongs to the S3 store, is needed by it and has the name of one; addresses have no path and no password', async () => {
  const bucket = ['--objects', 's3', '--s3-bucket', 'guides'];
  assert.match(await refused('--s3-bucket', 'guides'), /--s3-bucket: belongs to --objects s3/);
  assert.match(await refused('--objects', 's3'), /--s3-bucket: is needed with --objects s3/);
  assert.match(await refused('--objects', 's3', '--s3-bucket', 'Guides_1'), /--s3-bucket: "Guides_1" is no name of a bucket/);
  for (const address of ['127.0.0.1:9000', 'http://127.0.0.1:9000/path', 'ftp://127.0.0.1']) {
    assert.match(await refused(...bucket, '--s3-endpoint', address), /--s3-endpoint: must be an address like http:/, address);
  }
  const told = await refused(...bucket, '--s3-public-endpoint', 'https://app:hunter2@s3.example.com', '--s3-link-ms', '1000');
  assert.match(told, /--s3-public-endpoint: must be an address .* without path, user or password/);
  assert.doesNotMatch(told, /hunter2/);
});

test('what goes with another option of S3 is refused without it, and a cold class has the least age that S3 asks for', async () => {
  const bucket = ['--objects', 's3', '--s3-bucket', 'guides'];
  assert.match(await refused(...bucket, '--s3-quarantine-days', '90'), /--s3-quarantine-days: belongs to --s3-lifecycle/);
  assert.match(await refused(...bucket, '--s3-cold-days', '90'), /--s3-cold-days: belongs to --s3-lifecycle/);
  assert.match(await refused(...bucket, '--s3-lifecycle', '--s3-cold-days', '7'), /--s3-cold-days: must be 30 or more for STANDARD_IA/);
  assert.match(await refused(...bucket, '--s3-kms-key', 'k'), /--s3-kms-key: belongs to --s3-encryption kms/);
  assert.match(await refused(...bucket, '--s3-public-endpoint', 'https://s3.example.com'), /--s3-public-endpoint: belongs to --s3-link-ms/);
});

test('a registry has an address without a user in it, and a password belongs to a user', async () => {
  const registry = ['--registry', 'http://127.0.0.1:8081'];
  assert.match(await refused('--registry', '127.0.0.1:8081'), /--registry: must be an address like http:/);
  const told = await refused('--registry', 'http://app:hunter2@127.0.0.1:8081');
  assert.match(told, /--registry: must not hold a user: say --registry-user/);
  assert.doesNotMatch(told, /hunter2/);
  assert.match(await refused('--registry-user', 'app'), /--registry-user: belongs to --registry/);
  assert.match(await refused(...registry, '--registry-user', 'app'), /--registry-password: is needed with --registry-user/);
  assert.match(await refused(...registry, '--registry-password', 'x'), /--registry-password: belongs to --registry-user/);
});
