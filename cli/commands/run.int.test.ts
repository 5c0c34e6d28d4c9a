import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ownBrokerSkip, startOwnBroker } from '../../topology/log/kafka/test-support/test-broker.ts';
import { clickTitles, clickingUploader } from '../test-support/clicking-uploader.ts';
import { makeKey, runRoles, untilGuide, untilTasks, type RoleProcessUnderTest } from '../test-support/kafka-roles.ts';

/** Topics have fixed names: these tests need a broker of their own, and the second one stops it. */
const skipReason = ownBrokerSkip();
const skip = { skip: skipReason };
const broker = skipReason === false ? await startOwnBroker() : undefined;
const brokers = broker?.address ?? '';
/** How long the broker is away, beside what its stop and start take. Everything holds for minutes too; one look is enough as a rule. */
const awaySeconds = Number(process.env['STEPWRIGHT_TEST_AWAY_SECONDS'] ?? '0');
const folders: string[] = [];
const started: RoleProcessUnderTest[] = [];
after(async () => {
  await Promise.all(started.map((command) => command.stop('SIGKILL')));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-run-'));
  folders.push(folder);
  return folder;
}

async function run(data: string, name: string, roles: string, ...more: readonly string[]): Promise<RoleProcessUnderTest> {
  const process = await runRoles({ data, brokers }, name, roles, ...more);
  started.push(process);
  return process;
}

const clickCount = 60;
const allTitles = clickTitles(clickCount);

test(
  'roles in separate processes on Kafka: a gateway is killed, another goes on; a processor is stopped, another takes its tasks over',
  skip,
  async () => {
    const data = await dataFolder();
    const [first, second] = await Promise.all([run(data, 'p1', 'processors'), run(data, 'p2', 'processors')]);
    const gateways = await Promise.all([run(data, 'g1', 'gateway,sinks'), run(data, 'g2', 'gateway,sinks')]);
    await Promise.all([untilTasks(first.admin, 2), untilTasks(second.admin, 2)]);
    const token = await makeKey({ data, brokers });
    let urls = gateways.map(({ url }) => url);
    const { uploader, click } = clickingUploader(token, 's1', async (path, init) => {
      try {
        return await fetch(`${urls[0]}${path}`, init);
      } catch (error) {
        urls = urls.slice(1);
        throw error;
      }
    });
    await uploader.open();
    for (let index = 0; index < clickCount; index += 1) {
      click(index);
      if (index % 3 === 2) await uploader.flush();
      if (index === 20) await gateways[0].stop('SIGKILL');
      if (index === 40) assert.equal(await first.stop('SIGTERM'), 0);
    }
    await uploader.finish();
    await untilTasks(second.admin, 4);
    assert.deepEqual(await untilGuide(gateways[1].url, token, 's1'), { titles: allTitles, missedEvents: 0 });
    const metrics = await (await fetch(`${second.admin}/metrics`)).text();
    assert.match(metrics, /^stepwright_process_total\{task="0_\d"\} \d+/m);
    assert.deepEqual(await Promise.all([second.stop(), gateways[1].stop()]), [0, 0]);
  },
);

test(
  'the broker goes away and the process is killed meanwhile: it stays alive and refuses nothing, and what it acked into the spool is in the guide, once and in order',
  skip,
  async (t) => {
    const data = await dataFolder();
    let process = await run(data, 'all', 'gateway,processors,sinks');
    const token = await makeKey({ data, brokers });
    let slowDownMs = 0;
    const refused: number[] = [];
    const { uploader, click } = clickingUploader(token, 's2', async (path, init) => {
      const answer = await fetch(`${process.url}${path}`, init);
      if (!answer.ok) refused.push(answer.status);
      const body: unknown = await answer.clone().json();
      if (typeof body === 'object' && body !== null) slowDownMs = Math.max(slowDownMs, Number(Reflect.get(body, 'slowDownMs') ?? 0));
      return answer;
    });
    await uploader.open();
    for (let index = 0; index < 9; index += 1) click(index);
    await uploader.flush();
    await broker?.stop();
    let clickedCount = 24;
    for (let index = 9; index < clickedCount; index += 1) click(index);
    await uploader.flush();
    const isAlive = async () => (await fetch(`${process.admin}/healthz`)).status === 200;
    assert.ok(await isAlive());
    const goneAtMs = performance.now();
    const goneSeconds = (): number => Math.round((performance.now() - goneAtMs) / 1_000);
    // An agent that was told to slow down does.
    while (goneSeconds() < awaySeconds) {
      await wait(1_000);
      click(clickedCount);
      await uploader.flush();
      clickedCount += 1;
      assert.ok(await isAlive(), `alive ${goneSeconds()} s after the broker went away`);
    }
    t.diagnostic(
      `away for ${goneSeconds()} s, told to wait ${slowDownMs} ms: ${clickedCount - 9} events acked, ${refused.length} refused, alive`,
    );
    assert.deepEqual(refused, [], 'the spool takes everything');
    assert.ok(slowDownMs >= 1_000, 'agents are told to slow down');
    const metrics = await (await fetch(`${process.admin}/metrics`)).text();
    assert.match(metrics, /^stepwright_gateway_log_away 1$/m);
    assert.match(metrics, /^stepwright_gateway_spool_bytes [1-9]/m);
    await process.stop('SIGKILL');
    await broker?.startAgain();
    process = await run(data, 'all', 'gateway,processors,sinks', '--threads', '2');
    for (let count = 0; count < 36; count += 1) click(clickedCount + count);
    await uploader.finish();
    assert.deepEqual(await untilGuide(process.url, token, 's2'), { titles: clickTitles(clickedCount + 36), missedEvents: 0 });
    await untilTasks(process.admin, 4);
    const afterwards = await (await fetch(`${process.admin}/metrics`)).text();
    for (const thread of ['0', '1'])
      assert.match(afterwards, new RegExp(`^stepwright_task_created_total\\{thread="${thread}"\\} [1-9]`, 'm'));
    assert.equal(await process.stop(), 0);
  },
);
