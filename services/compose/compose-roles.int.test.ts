/** The roles of docker-compose.yml, each by its own command line and environment, as processes on this machine: only addresses, folders and names are others. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { untilGuide, untilReady } from '../../cli/test-support/kafka-roles.ts';
import { playRecording, recordingAt } from '../../cli/test-support/play-recording.ts';
import { startCommand, type StartedCommand } from '../../cli/test-support/started-command.ts';
import { findTestRegistry } from '../../schemas/registry/test-support/test-registry.ts';
import { findTestServer, newKeyspace, runCql } from '../../sinks/scylla/test-support/test-server.ts';
import { findTestS3, newBucket } from '../../sinks/test-support/test-bucket.ts';
import { findUnsharedBroker } from '../../topology/log/kafka/test-support/test-broker.ts';
import { repositoryRoot } from '../cache-folder.ts';
import { chdbHttpAccess, chdbHttpService } from '../clickhouse/chdb-http-service.ts';
import { readComposeFile, stepwrightServices, type ComposeService } from '../test-support/compose-file.ts';
import { startOwnService } from '../test-support/test-service.ts';
import { versitygwAccess } from '../versitygw/versitygw-service.ts';

const compose = readComposeFile();
const cql = await findTestServer(process.env['STEPWRIGHT_TEST_CQL']);
const s3 = await findTestS3(process.env['STEPWRIGHT_TEST_S3']);
const registry = await findTestRegistry(process.env['STEPWRIGHT_TEST_REGISTRY']);
const engine = chdbHttpService.isInstalled() ? {} : { skipReason: 'the optional package chdb is not installed' };
const missing = [cql, s3, registry, engine].flatMap((found) => ('skipReason' in found ? found.skipReason : []));
// Analytics has a fixed database: this file needs one for itself too.
const broker = missing.length === 0 ? await findUnsharedBroker() : { skipReason: missing[0] };
const skip = 'skipReason' in broker ? (broker.skipReason ?? true) : false;
const clickhouse = skip === false ? await startOwnService({ service: chdbHttpService }) : undefined;
const keyspace = newKeyspace();

describe('the roles of docker-compose.yml', { skip, timeout: 240_000 }, () => {
  const started: StartedCommand[] = [];
  let folder = '';

  after(async () => {
    await Promise.all(started.map((command) => command.stop('SIGKILL')));
    // Here and not after the file, when a server of its own has ended.
    if ('address' in cql) await runCql({ address: cql.address }, `DROP KEYSPACE IF EXISTS ${keyspace}`);
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  test('all start, are ready, make a guide of a recording, and stop in order', async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepwright-compose-roles-'));
    const here = await places(folder);
    const run = async (name: string, service: ComposeService): Promise<[string, StartedCommand]> => {
      const command = startCommand(argumentsHere(service), here(name, service));
      started.push(command);
      const [, admin = ''] = await command.until(/admin {4}(http\S+)\n/);
      await untilReady(admin);
      return [name, command];
    };
    const roles = new Map(await Promise.all(stepwrightServices(compose).map(([name, service]) => run(name, service))));
    const gateway = roles.get('gateway');
    assert.ok(gateway !== undefined);
    const [, url = ''] = await gateway.until(/gateway {2}(http\S+)\n/);
    // As docs/operations.md says: docker compose exec gateway stepwright keys add …
    const adding = startCommand(
      ['keys', 'add', '--tenant', 'acme', '--role', 'admin', '--operator'],
      here('gateway', serviceOf('gateway')),
    );
    const [token] = await adding.until(/sw_\S+/);
    const recording = recordingAt(join(repositoryRoot(), 'cli', 'demo', 'recording', 'events.jsonl'));
    await playRecording(recording, { token, fetch: (path, init) => fetch(`${url}${path}`, init) });
    const guide = await untilGuide(url, token, recording.sessionId);
    assert.ok(guide.titles.length > 10);
    assert.equal(guide.missedEvents, 0);
    for (const [name, command] of roles) assert.equal(await command.stop('SIGTERM'), 0, `${name}: ${command.said()}`);
  });
});

function serviceOf(name: string): ComposeService {
  return compose.services[name] ?? assert.fail(name);
}

/** On this machine only, on free ports. */
function argumentsHere({ command = [] }: ComposeService): readonly string[] {
  return command.map((word) => word.replace(/^0\.0\.0\.0$/, '127.0.0.1').replace(/^4280$/, '0'));
}

/** Servers in the place of those of the file, with a keyspace that the file's own statement has made, and the environment of a role among them. */
async function places(folder: string): Promise<(name: string, service: ComposeService) => Readonly<Record<string, string>>> {
  assert.ok('address' in cql && 'address' in s3 && 'address' in registry && 'address' in broker && clickhouse !== undefined);
  const [statement = ''] = serviceOf('scylla-keyspace').command ?? [];
  // Cassandra knows no tablets (docs/adr/0015).
  await runCql({ address: cql.address }, statement.replace('stepwright', keyspace).replace(/ AND tablets = .*$/, ''));
  const { bucket } = await newBucket(s3.address);
  const replaced: readonly (readonly [RegExp, string])[] = [
    [/^kafka-1:9092,.*$/, broker.address],
    [/^scylla:9042$/, cql.address],
    [/^http:\/\/s3:9000$/, s3.address],
    [/^http:\/\/registry:8080\/.*$/, registry.address],
    [/^clickhouse:8123$|(?<=^http:\/\/)clickhouse:8123$/, clickhouse.address],
    [/\$\{\w+:-([^}]*)\}/, '$1'],
  ];
  const ours = {
    STEPWRIGHT_REPLICATION_FACTOR: '1',
    STEPWRIGHT_SCYLLA_KEYSPACE: keyspace,
    STEPWRIGHT_S3_BUCKET: bucket,
    STEPWRIGHT_CLICKHOUSE_USER: chdbHttpAccess.user,
    STEPWRIGHT_CLICKHOUSE_PASSWORD: chdbHttpAccess.password,
    STEPWRIGHT_ADMIN_HOST: '127.0.0.1',
    STEPWRIGHT_ADMIN_PORT: '0',
    STEPWRIGHT_DATA: join(folder, 'data'),
    AWS_ACCESS_KEY_ID: versitygwAccess.accessKeyId,
    AWS_SECRET_ACCESS_KEY: versitygwAccess.secretAccessKey,
  };
  return (name, { environment = {} }) => {
    const given = Object.entries(environment).map(([variable, value]): [string, string] => [
      variable,
      replaced.reduce((text, [from, to]) => text.replace(from, to), value),
    ]);
    return { ...Object.fromEntries(given), ...ours, STEPWRIGHT_STATE: join(folder, name) };
  };
}
