import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ingestHeader } from '../../schemas/record-headers.ts';
import { decodeParquet } from '../../sinks/lake/parquet-file.ts';
import { openFolderObjectStore } from '../../sinks/s3/folder/folder-object-store.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { runCommandLine } from '../main.ts';
import { clickingUploader } from '../test-support/clicking-uploader.ts';

const folder = await mkdtemp(join(tmpdir(), 'stepwright-run-lake-'));
// What the command waits for does not keep a process alive; main.ts does.
const alive = setInterval(() => {}, 1_000);
after(() => {
  clearInterval(alive);
  return rm(folder, { recursive: true, force: true });
});

const clock = createSystemClock();

interface Ended {
  readonly code: number;
  readonly text: string;
}

/** Runs the whole platform with the lake until `body` has ended. */
async function withPlatform(data: string, body: (url: string, token: string) => Promise<void>): Promise<Ended> {
  const stopping = new AbortController();
  let text = '';
  let greet = (): void => {};
  const greeted = new Promise<void>((resolve) => (greet = resolve));
  const collect = (part: string): void => {
    text += part;
    if (/token=\S+/.test(text)) greet();
  };
  const flags = ['--port', '0', '--partitions', '2', '--no-analytics', '--log-level', 'silent', '--lake', 'on', '--lake-file-ms', '300'];
  const running = runCommandLine(['run', '--data', data, ...flags], {
    env: {},
    stdout: collect,
    stderr: collect,
    stopped: stopping.signal,
  });
  await Promise.race([greeted, running]);
  const [, url, token] = /(http:\S+)\/\?token=(\S+)/.exec(text) ?? [];
  assert.ok(url !== undefined && token !== undefined, text);
  await body(url, token).finally(() => stopping.abort());
  return { code: await running, text };
}

/** What lies on the topic: sealed values and headers of ingest by partition and offset. */
async function topicValues(data: string): Promise<readonly string[]> {
  const log = await openEmbeddedLog({ directory: join(data, 'log'), clock, logger: silentLogger });
  const from = [0, 1].map((partition) => ({ topic: 'capture.events.v1', partition, nextOffset: 0n }));
  const reader = await log.openReader({ from, isolation: 'read_committed' });
  const values: string[] = [];
  for (let batches = await reader.poll({ maxWaitMs: 0 }); batches.length > 0; batches = await reader.poll({ maxWaitMs: 0 })) {
    for (const { partition, records } of batches) {
      for (const { offset, value, headers } of records) {
        const ingest = headers.find(([name]) => name === ingestHeader)?.[1];
        values.push(`${partition} ${offset} ${value?.toString('hex')} ${ingest?.toString('hex')} ${headers.length}`);
      }
    }
  }
  await reader.close();
  await log.close();
  return values.toSorted();
}

async function lakeValues(data: string): Promise<readonly string[]> {
  const store = await openFolderObjectStore({ folder: join(data, 'objects'), clock });
  const values: string[] = [];
  for await (const { key } of store.list('lake/events/tenant=local/')) {
    const records = await decodeParquet((await store.get(key)) ?? Buffer.alloc(0));
    for (const { partition, offset, value, headers } of records) {
      const count = (headers.ingest === null ? 0 : 1) + (headers.traceParent === null ? 0 : 1) + headers.otherCount;
      values.push(`${partition} ${offset} ${value?.toString('hex')} ${headers.ingest?.toString('hex')} ${count}`);
    }
  }
  return values.toSorted();
}

test(
  'stepwright run --lake on: what is on the topic is in the lake, across a restart too; forget leaves nothing readable there',
  { timeout: 120_000 },
  async () => {
    const data = join(folder, 'data');
    for (const sessionId of ['s1', 's2']) {
      const ended = await withPlatform(data, async (url, token) => {
        const { uploader, click } = clickingUploader(token, sessionId, (path, init) => fetch(`${url}${path}`, init));
        await uploader.open();
        for (let index = 0; index < 12; index += 1) click(index);
        await uploader.finish();
      });
      assert.equal(ended.code, 0, ended.text);
    }
    const onTopic = await topicValues(data);
    assert.ok(onTopic.length > 4, `${onTopic.length} records`);
    assert.deepEqual(await lakeValues(data), onTopic);
    assert.ok(onTopic.some((line) => !line.includes('undefined')));

    let text = '';
    const collect = (part: string): void => void (text += part);
    const context = { env: {}, stdout: collect, stderr: collect, stopped: new AbortController().signal };
    const code = await runCommandLine(['forget', 's1', '--data', data], context);
    assert.equal(code, 0, text);
    const [, unreadableCount, idCount, readableCount] = /^ *lake +(\d+) +(\d+) +(\d+)$/m.exec(text) ?? [];
    assert.ok(Number(unreadableCount) > 0 && Number(unreadableCount) < onTopic.length, text);
    assert.deepEqual([idCount, readableCount], ['0', '0']);
    assert.deepEqual(await lakeValues(data), onTopic);
  },
);

test('a process without the role sinks refuses --lake on', async () => {
  let text = '';
  const collect = (part: string): void => void (text += part);
  const context = { env: {}, stdout: collect, stderr: collect, stopped: new AbortController().signal };
  const flags = ['--roles', 'processors', '--log', 'kafka', '--brokers', 'localhost:1', '--lake', 'on'];
  assert.equal(await runCommandLine(['run', ...flags], context), 2);
  assert.match(text, /--lake: is for the role sinks/);
});
