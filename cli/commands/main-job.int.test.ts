/**
 * The whole main job on one folder, and in distributed form: gateways, processors and sinks in processes of their own on Kafka, CQL, S3 and a schema registry, three of
 * them killed with SIGKILL while the recordings come in. Allowed: work done again. Never: a byte of a guide that differs from the undisturbed run on the
 * folder (T1), a step missed by a watcher, one that analytics counts twice or not at all, anything readable of a session that was forgotten.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FetchLike } from '../../agent/sdk/ingest-client.ts';
import { connectLive, type LiveClient } from '../../gateway/test-support/live-client.ts';
import { findTestRegistry } from '../../schemas/registry/test-support/test-registry.ts';
import { chdbHttpAccess, chdbHttpService } from '../../services/clickhouse/chdb-http-service.ts';
import { startOwnService } from '../../services/test-support/test-service.ts';
import { versitygwAccess } from '../../services/versitygw/versitygw-service.ts';
import { findTestServer, newKeyspace } from '../../sinks/scylla/test-support/test-server.ts';
import { findTestS3, newBucket } from '../../sinks/test-support/test-bucket.ts';
import { findUnsharedBroker } from '../../topology/log/kafka/test-support/test-broker.ts';
import type { RecordingFile } from '../guide/recording-file.ts';
import { countPublished, readCounted } from '../test-support/counted.ts';
import { makeKey, runRoles, untilTasks, type Deployment, type RoleProcessUnderTest } from '../test-support/kafka-roles.ts';
import { playRecording, recordingAt } from '../test-support/play-recording.ts';
import { readPublished, type Published } from '../test-support/published.ts';
import { startCommand, type StartedCommand } from '../test-support/started-command.ts';

const cql = await findTestServer(process.env['STEPWRIGHT_TEST_CQL']);
const s3 = await findTestS3(process.env['STEPWRIGHT_TEST_S3']);
const registry = await findTestRegistry(process.env['STEPWRIGHT_TEST_REGISTRY']);
const missing = [cql, s3, registry].flatMap((found) => ('skipReason' in found ? found.skipReason : []));
const broker = missing.length === 0 ? await findUnsharedBroker() : { skipReason: missing[0] };
const skip = 'skipReason' in broker ? (broker.skipReason ?? true) : false;
const skipAnalytics = skip || (chdbHttpService.isInstalled() ? false : 'the optional package chdb is not installed');
const clickhouse =
  skipAnalytics === false ? await startOwnService({ service: chdbHttpService, addressOf: (at) => `http://${at}` }) : undefined;

const sources = fileURLToPath(new URL('../../../', import.meta.url));
const realRecordings = join(sources, 'bench', 'quality', 'testdata');
const files = [
  join(sources, 'cli', 'demo', 'recording', 'events.jsonl'),
  ...readdirSync(realRecordings)
    .filter((name) => name.endsWith('.json.gz'))
    .slice(0, 4)
    .map((name) => join(realRecordings, name)),
].map(recordingAt);
const [demo] = files;

const folders: string[] = [];
const started: StartedCommand[] = [];
after(async () => {
  await Promise.all(started.map((command) => command.stop('SIGKILL')));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-main-job-'));
  folders.push(folder);
  return folder;
}

const to =
  (url: () => string): FetchLike =>
  (path, init) =>
    fetch(`${url()}${path}`, init);

async function readAll(url: string, token: string): Promise<ReadonlyMap<string, Published>> {
  const found = new Map<string, Published>();
  for (const { path, sessionId } of files) found.set(path, await readPublished(url, token, sessionId));
  return found;
}

/** Everything in one process on one folder, undisturbed. */
async function embeddedRun(data: string): Promise<ReadonlyMap<string, Published>> {
  const token = await makeKey({ data, brokers: '' });
  const command = startCommand(['run', '--data', data, '--port', '0', '--no-analytics']);
  started.push(command);
  const url = (await command.until(/gateway {2}(http\S+)\n/))[1] ?? '';
  for (const file of files) await playRecording(file, { token, fetch: to(() => url) });
  const published = await readAll(url, token);
  assert.equal(await command.stop('SIGTERM'), 0);
  return published;
}

describe('the main job', { skip, timeout: 400_000 }, () => {
  let deployment: Deployment;
  let places: readonly string[];
  let token = '';
  let survivor: RoleProcessUnderTest;
  let expected: ReadonlyMap<string, Published>;

  const run = async (name: string, roles: string): Promise<RoleProcessUnderTest> => {
    const command = await runRoles(deployment, name, roles, ...places, '--analytics', clickhouse === undefined ? 'off' : 'clickhouse');
    started.push(command);
    return command;
  };

  before(async () => {
    assert.ok('address' in cql && 'address' in s3 && 'address' in registry && 'address' in broker);
    const calm = await dataFolder();
    const [undisturbed, { bucket }] = await Promise.all([embeddedRun(calm), newBucket(s3.address)]);
    expected = undisturbed;
    const { accessKeyId, secretAccessKey } = versitygwAccess;
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      STEPWRIGHT_CLICKHOUSE_PASSWORD: chdbHttpAccess.password,
    };
    deployment = { data: await dataFolder(), brokers: broker.address, env };
    // Names of pictures are made with a key of the session: the same keys make the same names.
    cpSync(join(calm, 'keys'), join(deployment.data, 'keys'), { recursive: true });
    places = [
      ...[
        '--views',
        'scylla',
        '--scylla-contact-points',
        cql.address,
        '--scylla-keyspace',
        newKeyspace(),
        '--scylla-replication-factor',
        '1',
      ],
      ...['--objects', 's3', '--s3-bucket', bucket, '--s3-endpoint', s3.address, '--registry', registry.address],
      ...(clickhouse === undefined ? [] : ['--clickhouse', clickhouse.address]),
    ];
    token = await makeKey(deployment);
  });

  test('T1 in five processes, three of them killed on the way: every guide, page and picture is byte for byte that of the folder', async () => {
    const [first, second, sinks, doomed, other] = await Promise.all([
      run('p1', 'processors'),
      run('p2', 'processors'),
      run('s1', 'sinks'),
      run('g1', 'gateway'),
      run('g2', 'gateway'),
    ]);
    survivor = other;
    await Promise.all([untilTasks(first.admin, 2), untilTasks(second.admin, 2)]);
    let urls = [doomed.url, other.url];
    const send: FetchLike = async (path, init) => {
      try {
        return await fetch(`${urls[0]}${path}`, init);
      } catch (error) {
        urls = urls.slice(1);
        throw error;
      }
    };
    let watcher: LiveClient | undefined;
    const kills = new Map([
      [0.2, async () => void (watcher = await connectLive(`${other.url}/v1/live/${demo?.sessionId}`, { token }))],
      [0.4, async () => void (await Promise.all([first.stop('SIGKILL'), sinks.stop('SIGKILL')]))],
      [0.6, async () => void (await doomed.stop('SIGKILL'))],
      [0.8, async () => void (await Promise.all([run('p1', 'processors'), run('s1', 'sinks')]))],
    ]);
    for (const [index, file] of files.entries()) await playRecording(file, { token, fetch: send, ...(index === 0 && { at: kills }) });
    assert.equal(urls.length, 1, 'the agent went on at the other gateway');
    for (const [path, published] of await readAll(other.url, token)) assert.deepEqual(published, expected.get(path), path);
    assert.ok((expected.get(demo?.path ?? '')?.pictures.length ?? 0) > 3, 'the recording has pictures');
    assert.deepEqual(await watchedSteps(watcher), expected.get(demo?.path ?? '')?.steps, 'a watcher saw every step in its last form');
  });

  test(
    'analytics counts every recording, guide, step and redaction once, though its sink was killed',
    { skip: skipAnalytics },
    async () => {
      const counts = countPublished(expected);
      assert.ok(counts.kinds.size > 2 && counts.redactions.size > 0, 'the recordings have steps and redactions of several kinds');
      assert.deepEqual(await readCounted(survivor.url, token, counts, 60_000), counts);
    },
  );

  test('a session that is forgotten from the command line is gone everywhere, while the processes run', async () => {
    const { sessionId = '' } = demo ?? {};
    const command = ['forget', sessionId, '--tenant', 'acme', '--data', deployment.data, '--json'];
    const forgetting = startCommand([...command, '--log', 'kafka', '--brokers', deployment.brokers, ...places], deployment.env);
    started.push(forgetting);
    const exited = once(forgetting.child, 'exit');
    const [text] = await forgetting.until(/^\{.*\}$/m);
    const [exitCode] = await exited;
    assert.equal(exitCode, 0, forgetting.said());
    const report: {
      readonly deleted: Readonly<Record<string, number>>;
      readonly readableCount: number;
      readonly places: readonly Place[];
    } = JSON.parse(text);
    assert.equal(report.readableCount, 0);
    assert.ok(
      Object.values(report.deleted).every((count) => count > 0),
      text,
    );
    const sealed = report.places.filter(({ unreadableCount }) => unreadableCount > 0).map(({ place }) => place);
    assert.ok(sealed.includes('topic capture.events.v1') && sealed.some((place) => place.endsWith('-changelog')), text);
    const get = async (path: string): Promise<number> =>
      (await fetch(`${survivor.url}/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
    assert.deepEqual(await Promise.all([`/guides/${sessionId}`, `/sessions/${sessionId}/steps`].map(get)), [410, 410]);
    const [picture = ''] = (expected.get(demo?.path ?? '')?.pictures[0] ?? '').split(' ');
    assert.ok([404, 410].includes(await get(`/${picture}`)), picture);
    assert.equal(await get(`/guides/${files[1]?.sessionId}`), 200, 'another session stays');
  });
});

interface Place {
  readonly place: string;
  readonly unreadableCount: number;
}

/** The last form of each step in what the watcher was told, once the session is finished. */
async function watchedSteps(watcher: LiveClient | undefined): Promise<unknown> {
  assert.ok(watcher !== undefined);
  await watcher.next((message) => Reflect.get(Object(message['session']), 'status') === 'finished');
  const steps = new Map<string, object>();
  for (const { steps: told } of watcher.messages) {
    for (const step of Array.isArray(told) ? told : []) steps.set(String(Reflect.get(step, 'stepId')), step);
  }
  watcher.drop();
  return [...steps.values()]
    .filter((step) => Reflect.get(step, 'state') !== 'removed')
    .sort((left, right) => Number(Reflect.get(left, 'order')) - Number(Reflect.get(right, 'order')));
}

// The files are read before a test runs: without them nothing would be proven.
assert.ok(files.length === 5 && files.every((file: RecordingFile) => file.recording.events.length > 2));
