import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Uploader } from '../../agent/sdk/uploader.ts';
import { findTestBroker } from '../../topology/log/kafka/test-support/test-broker.ts';
import { startCommand, type StartedCommand } from '../test-support/started-command.ts';

/** Topics have fixed names: this test needs a broker of its own. */
const broker = await findTestBroker(undefined);
const data = await mkdtemp(join(tmpdir(), 'stepwright-run-'));
const started: StartedCommand[] = [];
after(async () => {
  await Promise.all(started.map((command) => command.stop('SIGKILL')));
  await rm(data, { recursive: true, force: true });
});

const skip = 'skipReason' in broker ? { skip: broker.skipReason } : {};
const address = 'address' in broker ? broker.address : '';

async function runRoles(name: string, roles: string): Promise<StartedCommand & { readonly admin: string; readonly url: string }> {
  const place = ['--data', data, '--state', join(data, name), '--log', 'kafka', '--brokers', address];
  const tuning = ['--session-timeout-ms', '6000', '--admin-port', '0', '--port', '0', '--no-analytics', '--partitions', '4'];
  const command = startCommand(['run', '--roles', roles, ...place, ...tuning]);
  started.push(command);
  const [, admin = ''] = await command.until(/admin {4}(http\S+)/);
  const url = roles.includes('gateway') ? ((await command.until(/gateway {2}(http\S+)/))[1] ?? '') : '';
  return { ...command, admin, url };
}

async function untilReady(admin: string): Promise<void> {
  while ((await fetch(`${admin}/readyz`)).status !== 200) await wait(50);
}

async function taskCount(admin: string): Promise<number> {
  const answer: unknown = await (await fetch(`${admin}/tasks`)).json();
  const tasks: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'tasks') : undefined;
  return Array.isArray(tasks) ? tasks.length : 0;
}

async function untilTasks(admin: string, count: number): Promise<void> {
  while ((await taskCount(admin)) !== count) await wait(50);
  await untilReady(admin);
}

const clickCount = 60;

test(
  'roles in separate processes on Kafka: a gateway is killed, another goes on; a processor is stopped, another takes its tasks over',
  skip,
  async () => {
    const [first, second] = await Promise.all([runRoles('p1', 'processors'), runRoles('p2', 'processors')]);
    const gateways = await Promise.all([runRoles('g1', 'gateway,sinks'), runRoles('g2', 'gateway,sinks')]);
    await Promise.all([untilTasks(first.admin, 2), untilTasks(second.admin, 2)]);
    const keys = startCommand(['keys', 'add', '--data', data, '--tenant', 'acme', '--role', 'admin']);
    const [token = ''] = await keys.until(/sw\S+/);

    let urls = gateways.map(({ url }) => url);
    const balanced: typeof fetch = async (input, init) => {
      const path = String(input).replace(/^http:\/\/balancer/, '');
      try {
        return await fetch(`${urls[0]}${path}`, init);
      } catch (error) {
        urls = urls.slice(1);
        throw error;
      }
    };
    const uploader = new Uploader({
      baseUrl: 'http://balancer',
      token,
      deviceId: 'test',
      sessionId: 's1',
      agent: { name: 'test', version: '1' },
      gatherMs: 5,
      maxBatchEvents: 3,
      runtime: { fetch: balanced },
    });
    await uploader.open();
    const startMs = Date.now();
    for (let index = 0; index < clickCount; index += 1) {
      uploader.record({ atMs: startMs + index * 2_000, kind: 'click', target: { role: 'button', name: `Button ${index}` } });
      if (index % 3 === 2) await uploader.flush();
      if (index === 20) await gateways[0].stop('SIGKILL');
      if (index === 40) assert.equal(await first.stop('SIGTERM'), 0);
    }
    await uploader.finish();
    await untilTasks(second.admin, 4);

    const headers = { authorization: `Bearer ${token}` };
    let answer = await fetch(`${gateways[1].url}/v1/guides/s1`, { headers });
    while (answer.status === 404) {
      await wait(100);
      answer = await fetch(`${gateways[1].url}/v1/guides/s1`, { headers });
    }
    const guide: { readonly steps: readonly { readonly title: string }[]; readonly missedEvents?: number } = JSON.parse(
      await answer.text(),
    );
    assert.deepEqual(
      guide.steps.map(({ title }) => title),
      Array.from({ length: clickCount }, (_, index) => `Click Button ${index}`),
    );
    assert.equal(guide.missedEvents ?? 0, 0);
    const metrics = await (await fetch(`${second.admin}/metrics`)).text();
    assert.match(metrics, /^stepwright_process_total\{task="0_\d"\} \d+/m);
    assert.deepEqual(await Promise.all([second.stop(), gateways[1].stop()]), [0, 0]);
  },
);
