import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openKeyStore } from '../../gateway/auth/key-store.ts';
import { createFileKeyring } from '../../processors/adapters/file-keyring/file-keyring.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { runCommandLine } from '../main.ts';
import { deadLetterTopic, deadLetterWriter } from '../platform/dead-letters.ts';
import { keyFileName } from '../platform/folders.ts';

const folder = await mkdtemp(join(tmpdir(), 'stepwright-commands-'));
const alive = setInterval(() => {}, 1_000);
after(() => {
  clearInterval(alive);
  return rm(folder, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const context = {
    env: {},
    stdout: (text: string) => void (out += text),
    stderr: (text: string) => void (err += text),
    stopped: new AbortController().signal,
  };
  return { code: await runCommandLine(args, context), out, err };
}

test('topology prints the DAG in three forms', async () => {
  assert.match((await run('topology')).out, /Sub-topology: 0[\s\S]*sessionize/);
  assert.match((await run('topology', 'mermaid')).out, /^flowchart|^graph/);
  const { out } = await run('topology', 'json');
  const nodes: readonly { readonly name: string }[] = JSON.parse(out).subTopologies[0].nodes;
  for (const name of ['sessionize', 'step-boundary', 'phash-dedupe', 'redact', 'title'])
    assert.ok(nodes.some((node) => node.name === name));
  assert.equal((await run('topology', 'png')).code, 2);
});

test('topology tasks and lag tell who has what and how far it is behind, from the log of a folder that nobody has open', async () => {
  const data = join(folder, 'looked-at');
  const log = await openEmbeddedLog({ directory: join(data, 'log'), clock: createSystemClock(), logger: silentLogger });
  const topic = 'capture.events.v1';
  await log.createTopics([{ name: topic, partitionCount: 2 }]);
  const producer = await log.openProducer();
  await producer.send([0, 1, 2].map(() => ({ topic, partition: 1, key: null, value: Buffer.from('x'), timestampMs: 1 })));
  await log.close();
  const tasks = (await run('topology', 'tasks', '--data', data)).out;
  assert.match(tasks, /with 0 members/);
  assert.match(tasks, /0_1 +active +nobody +3\b/);
  const lag = (await run('topology', 'lag', '--data', data)).out;
  assert.match(lag, /capture\.events\.v1 +1 +never +3 +3\b/);
  assert.match(lag, /is 3 offsets behind/);
  const json: { readonly group: string; readonly totalCount: number } = JSON.parse(
    (await run('topology', 'lag', '--group', 'sinks', '--json', '--data', data)).out,
  );
  assert.deepEqual([json.group, json.totalCount], ['sinks', 3]);
});

test('docs/config.md is what the commands know', async () => {
  const written = await readFile(new URL('../../../docs/config.md', import.meta.url), 'utf8');
  const { out } = await run('config');
  assert.equal(out, written, 'run: npx stepwright config > docs/config.md');
});

test('a config file serves all commands; what no command knows is refused with the nearest name', async () => {
  const file = join(folder, 'stepwright.json');
  const data = join(folder, 'empty');
  await writeFile(file, JSON.stringify({ port: 0, data }));
  assert.match((await run('keys', 'list', '--config', file)).err, /no folder .*empty/);
  await writeFile(file, JSON.stringify({ tenat: data }));
  assert.match((await run('keys', 'list', `--config=${file}`)).err, /tenat .*did you mean tenant/);
  await writeFile(file, 'data: x');
  assert.deepEqual([(await run('keys', '--config', file)).code, (await run('keys', '--config', join(folder, 'none'))).code], [2, 2]);
});

test('a key that is added or revoked holds for a running server from its next request on, and its text is kept nowhere', async () => {
  const server = await openKeyStore({ randomBytes, file: join(folder, keyFileName) });
  const added = await run('keys', 'add', '--data', folder, '--tenant', 'acme', '--role', 'viewer', '--label', 'wall screen');
  const text = added.out.trim();
  assert.deepEqual(server.verify(text), { tenantId: 'acme', role: 'viewer', keyId: text.split('_')[1], operator: false });
  assert.equal((await readFile(join(folder, keyFileName), 'utf8')).includes(text.split('_').slice(2).join('_')), false);
  const listed = await run('keys', 'list', '--data', folder);
  assert.match(listed.out, /acme {2}viewer .* wall screen/);
  const keyId = text.split('_')[1] ?? '';
  assert.equal((await run('keys', 'revoke', keyId, '--data', folder)).code, 0);
  assert.equal(server.verify(text), undefined);
  assert.deepEqual(
    [(await run('keys', 'revoke', keyId, '--data', folder)).code, (await run('keys', 'take', '--data', folder)).code],
    [1, 2],
  );
});

test('a dead letter is listed, shown and appended again, unless its record is gone', async () => {
  const data = join(folder, 'letters');
  const options = { directory: join(data, 'log'), clock: createSystemClock(), logger: silentLogger };
  const log = await openEmbeddedLog(options);
  const topic = 'capture.events.v1';
  await log.createTopics([topic, deadLetterTopic].map((name) => ({ name, partitionCount: 1 })));
  const producer = await log.openProducer();
  const record = (key: string) => ({ topic, partition: 0, key: Buffer.from(key), value: Buffer.from('poison'), timestampMs: 7 });
  await producer.send([record('acme/s1'), record('acme/forgotten')]);
  const letters = deadLetterWriter(log);
  const letter = { topic, partition: 0, node: 'sessionize', taskId: '0_0', code: 'SERDE_FAILED', message: 'no Avro', atMs: 1 };
  await letters.write([{ ...letter, offset: 0, tenantId: 'acme' }, ...[1, 99].map((offset) => ({ ...letter, offset }))]);
  await log.close();
  await createFileKeyring({ directory: join(data, 'keys'), clock: createSystemClock() }).destroy('acme/forgotten');

  assert.equal((await run('dead-letters', 'list', '--data', data)).out.split('\n').length, 4);
  assert.match(
    (await run('dead-letters', 'show', '0', '--data', data)).out,
    /capture\.events\.v1, partition 0, offset 0[\s\S]*tenant   acme[\s\S]*no Avro/,
  );
  assert.doesNotMatch((await run('dead-letters', 'show', '1', '--data', data)).out, /tenant/);
  assert.match((await run('dead-letters', 'retry', '0', '--data', data)).out, /again as capture\.events\.v1\/0@2/);
  assert.match((await run('dead-letters', 'retry', '1', '--data', data)).err, /deleted/);
  assert.match((await run('dead-letters', 'retry', '2', '--data', data)).err, /not in the log any more/);
  assert.equal((await run('dead-letters', 'show', '5', '--data', data)).code, 1);

  const again = await openEmbeddedLog(options);
  assert.match((await run('dead-letters', '--data', data)).err, /A server has .* open/);
  const reader = await again.openReader({ from: [{ topic, partition: 0, nextOffset: 2n }] });
  const [batch] = await reader.poll({ maxWaitMs: 0 });
  assert.deepEqual(
    batch?.records.map(({ key, value, timestampMs }) => [key?.toString(), value?.toString(), timestampMs]),
    [['acme/s1', 'poison', 7]],
  );
  await reader.close();
  await again.close();
});
