import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createKafkaLog } from '../../topology/log/kafka/kafka-log.ts';
import { findUnsharedBroker } from '../../topology/log/kafka/test-support/test-broker.ts';
import { runCommandLine } from '../main.ts';
import { clickTitles, clickingUploader } from '../test-support/clicking-uploader.ts';
import { makeKey, runRoles, untilGuide, type RoleProcessUnderTest } from '../test-support/kafka-roles.ts';

const broker = await findUnsharedBroker();
const skip = { skip: 'skipReason' in broker ? broker.skipReason : false };
const brokers = 'address' in broker ? broker.address : '';
const data = await mkdtemp(join(tmpdir(), 'stepwright-standbys-'));
const started: RoleProcessUnderTest[] = [];
after(async () => {
  await Promise.all(started.map((command) => command.stop('SIGKILL')));
  await rm(data, { recursive: true, force: true });
});

const clicksBefore = 60;
const clickCount = 90;

interface ToldTask {
  readonly taskId: string;
  readonly role: string;
  readonly status: string;
  readonly copyLagCount: number;
  readonly inputs: readonly { readonly topic: string; readonly endOffset: string | number }[];
}

async function tasksOf({ admin }: RoleProcessUnderTest): Promise<readonly ToldTask[]> {
  const answer = await fetch(`${admin}/tasks`);
  const { tasks }: { readonly tasks: readonly ToldTask[] } = JSON.parse(await answer.text());
  return tasks;
}

/** The task that has input: one session is one partition. */
async function busyTaskOf(process: RoleProcessUnderTest): Promise<string | undefined> {
  const isBusy = ({ role, inputs }: ToldTask): boolean =>
    role === 'active' && inputs.some(({ topic, endOffset }) => topic === 'capture.events.v1' && Number(endOffset) > 0);
  return (await tasksOf(process)).find(isBusy)?.taskId;
}

/** Offsets of all changelogs in the task's partition: what a restore from nothing reads. */
async function changelogSize(taskId: string): Promise<number> {
  let text = '';
  const context = { env: {}, stdout: (part: string) => void (text += part), stderr: () => {}, stopped: new AbortController().signal };
  await runCommandLine(['topology', 'json'], context);
  const { subTopologies }: { readonly subTopologies: readonly { readonly changelogs: readonly string[] }[] } = JSON.parse(text);
  const partition = Number(taskId.split('_')[1]);
  const log = createKafkaLog({ brokers: [brokers] });
  try {
    const all = subTopologies.flatMap(({ changelogs }) => changelogs).map((topic) => ({ topic, partition }));
    return (await log.offsets(all, 'read_committed')).reduce((sum, { nextOffset }) => sum + Number(nextOffset), 0);
  } finally {
    await log.close();
  }
}

async function metricOf({ admin }: RoleProcessUnderTest, name: string, taskId: string): Promise<number | undefined> {
  const page = await (await fetch(`${admin}/metrics`)).text();
  const [, value] = new RegExp(`^stepwright_${name}\\{task="${taskId}"\\} (\\d+)$`, 'm').exec(page) ?? [];
  return value === undefined ? undefined : Number(value);
}

test(
  'run --standbys 1: a processor is killed; the other goes on from its copy, restores a tail at most, and the guide is whole',
  skip,
  async () => {
    const run = async (name: string, roles: string): Promise<RoleProcessUnderTest> => {
      const process = await runRoles({ data, brokers }, name, roles, '--standbys', '1');
      started.push(process);
      return process;
    };
    const [one, two, gateway] = await Promise.all([run('p1', 'processors'), run('p2', 'processors'), run('g', 'gateway,sinks')]);
    const token = await makeKey({ data, brokers });
    const { uploader, click } = clickingUploader(token, 's1', (path, init) => fetch(`${gateway.url}${path}`, init));
    await uploader.open();
    const clickTo = async (first: number, end: number): Promise<void> => {
      for (let index = first; index < end; index += 1) {
        click(index);
        if (index % 3 === 2) await uploader.flush();
      }
    };
    await clickTo(0, clicksBefore);
    let victim = one;
    let survivor = two;
    let taskId: string | undefined;
    const isCopied = (task: ToldTask): boolean =>
      task.taskId === taskId && task.role === 'standby' && task.status === 'running' && task.copyLagCount === 0;
    while (taskId === undefined || !(await tasksOf(survivor)).some(isCopied)) {
      await wait(50);
      const [oneHas, twoHas] = await Promise.all([busyTaskOf(one), busyTaskOf(two)]);
      [victim, survivor, taskId] = oneHas === undefined ? [two, one, twoHas] : [one, two, oneHas];
    }
    assert.equal(await metricOf(survivor, 'restore_total', taskId), undefined);
    await victim.stop('SIGKILL');
    await clickTo(clicksBefore, clickCount);
    await uploader.finish();
    while ((await busyTaskOf(survivor)) !== taskId) await wait(50);
    assert.deepEqual(await untilGuide(gateway.url, token, 's1'), { titles: clickTitles(clickCount), missedEvents: 0 });
    const restoredCount = (await metricOf(survivor, 'restore_total', taskId)) ?? assert.fail('the task was not opened here');
    const wholeCount = await changelogSize(taskId);
    assert.ok(wholeCount > clicksBefore, `the changelogs hold ${wholeCount} records`);
    assert.ok(restoredCount < wholeCount / 10, `${restoredCount} of ${wholeCount} records were restored`);
    assert.deepEqual(await Promise.all([survivor.stop(), gateway.stop()]), [0, 0]);
  },
);
