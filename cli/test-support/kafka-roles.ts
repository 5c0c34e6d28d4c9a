import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startCommand, type StartedCommand } from './started-command.ts';

/** A deployment under test: its shared folder, its brokers. */
export interface Deployment {
  readonly data: string;
  readonly brokers: string;
  /** Added to the environment of its processes. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface RoleProcessUnderTest extends StartedCommand {
  readonly admin: string;
  /** Of a gateway. */
  readonly url: string;
}

/** `stepwright run` on Kafka, with a state folder of its own under `data`; without analytics unless asked for. Resolves when it says that it runs. */
export async function runRoles(
  { data, brokers, env }: Deployment,
  name: string,
  roles: string,
  ...more: readonly string[]
): Promise<RoleProcessUnderTest> {
  const place = ['--data', data, '--state', join(data, name), '--log', 'kafka', '--brokers', brokers, '--advertised-host', name];
  const tuning = ['--session-timeout-ms', '6000', '--admin-port', '0', '--port', '0', '--partitions', '4'];
  if (!more.includes('--analytics')) tuning.push('--analytics', 'off');
  const command = startCommand(['run', '--roles', roles, ...place, ...tuning, ...more], env);
  const [, admin = ''] = await command.until(/admin {4}(http\S+)\n/);
  const url = roles.includes('gateway') ? ((await command.until(/gateway {2}(http\S+)\n/))[1] ?? '') : '';
  return { ...command, admin, url };
}

/** Until every assigned task of the process runs. */
export async function untilReady(admin: string): Promise<void> {
  while ((await fetch(`${admin}/readyz`)).status !== 200) await wait(50);
}

export async function taskCount(admin: string): Promise<number> {
  const answer: unknown = await (await fetch(`${admin}/tasks`)).json();
  const tasks: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'tasks') : undefined;
  return Array.isArray(tasks) ? tasks.length : 0;
}

export async function untilTasks(admin: string, count: number): Promise<void> {
  while ((await taskCount(admin)) !== count) await wait(50);
  await untilReady(admin);
}

/** A key of tenant `acme` that may do everything. */
export async function makeKey({ data }: Deployment): Promise<string> {
  const [key = ''] = await startCommand(['keys', 'add', '--data', data, '--tenant', 'acme', '--role', 'admin', '--operator']).until(
    /sw\S+/,
  );
  return key;
}

export interface ReadGuide {
  readonly titles: readonly string[];
  readonly missedEvents: number;
}

/** The finished guide, as soon as there is one. */
export async function untilGuide(url: string, token: string, sessionId: string): Promise<ReadGuide> {
  for (;;) {
    const answer = await fetch(`${url}/v1/guides/${sessionId}`, { headers: { authorization: `Bearer ${token}` } });
    if (answer.status === 200) {
      const guide: { readonly steps: readonly { readonly title: string }[]; readonly missedEvents?: number } = JSON.parse(
        await answer.text(),
      );
      return { titles: guide.steps.map(({ title }) => title), missedEvents: guide.missedEvents ?? 0 };
    }
    await wait(100);
  }
}
