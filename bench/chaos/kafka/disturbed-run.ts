import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MemberEvent } from '../../../topology/testing/fleet/member-process.ts';
import { MemberProcess } from '../../../topology/testing/fleet/member-process.ts';
import type { ChaosProgram } from './chaos-program.ts';
import type { Disturbance } from './disturbances.ts';

/** The broker, as far as it is disturbed. */
export interface DisturbedBroker {
  kill(): Promise<void>;
  stop(): Promise<void>;
  startAgain(): Promise<void>;
}

export interface DisturbedRunOptions {
  readonly program: ChaosProgram;
  readonly broker: DisturbedBroker;
  /** Holds a folder of state for each member. */
  readonly folder: string;
  readonly memberCount: number;
  readonly plan: readonly Disturbance[];
  /** After the last disturbance the fleet hangs when nothing comes out for so long. */
  readonly hangsAfterMs: number;
  readonly onDisturbed: (disturbance: Disturbance, happened: Happened) => void;
}

/** What members said since the disturbance before; for `last` since the last one, until they had finished. */
export interface Happened {
  readonly atMs: number;
  readonly events: readonly MemberEvent[];
}

export interface DisturbedRun {
  readonly events: readonly MemberEvent[];
  readonly last: Happened;
  /** What is wrong, as sentences; empty when all is well. */
  readonly problems: readonly string[];
  readonly lastedMs: number;
}

const longestWaitMs = 60_000;
const lookEveryMs = 10;

/** Starts the members, feeds them, disturbs them as planned, lets them finish, ends them in order and compares what came out. */
export async function runDisturbed(options: DisturbedRunOptions): Promise<DisturbedRun> {
  const { program, memberCount, hangsAfterMs } = options;
  const startedAtMs = performance.now();
  const events: MemberEvent[] = [];
  const problems: string[] = [];
  const members = Array.from({ length: memberCount }, (_, index) => createMember(options, `member-${index}`, events, problems));
  await program.prepare();
  for (const member of members) member.start();
  const feedTo = (share: number): Promise<boolean> =>
    program.feedTo(share).catch((error: unknown) => {
      problems.push(`the input could not be written: ${String(error)}`);
      return false;
    });
  let saidCount = 0;
  try {
    await disturbAll(options, members, { events, feedTo, startedAtMs });
    saidCount = events.length;
    await feedTo(1);
    await program.done(hangsAfterMs);
  } catch (error) {
    problems.push(`the run broke off: ${String(error)}`);
  }
  const last = { atMs: performance.now() - startedAtMs, events: events.slice(saidCount) };
  await Promise.all(members.map((member) => member.stop()));
  const wipes = events.flatMap((event) => (event.event === 'restored' && event.wiped !== undefined ? [event] : []));
  problems.push(...wipes.map(({ taskId, wiped }) => `the store of ${taskId} was wiped: ${wiped}`), ...(await program.check()));
  return { events, last, problems, lastedMs: performance.now() - startedAtMs };
}

interface Progress {
  readonly events: readonly MemberEvent[];
  readonly feedTo: (share: number) => Promise<boolean>;
  readonly startedAtMs: number;
}

async function disturbAll(
  { program, plan, broker, onDisturbed }: DisturbedRunOptions,
  members: readonly MemberProcess[],
  { events, feedTo, startedAtMs }: Progress,
): Promise<void> {
  let seenCount = 0;
  for (const [index, disturbance] of plan.entries()) {
    const outCount = await program.progress();
    // New work for each, so that there is something to be in the middle of, however fast the machine is.
    const fed = feedTo((index + 1) / (plan.length + 1));
    if (disturbance.aim === 'work') await untilGrown(program, outCount, fed);
    await delay(disturbance.afterMs);
    await disturb(broker, members, disturbance);
    onDisturbed(disturbance, { atMs: performance.now() - startedAtMs, events: events.slice(seenCount) });
    seenCount = events.length;
  }
}

/** Gives up when there is nothing new to do, and after a while: a fleet that hangs is seen in the end. */
async function untilGrown(program: ChaosProgram, outCount: number, fed: Promise<boolean>): Promise<void> {
  const endsAtMs = performance.now() + longestWaitMs;
  let mayGrow = true;
  void fed.then((isNew) => (mayGrow = isNew));
  while (mayGrow && (await program.progress()) <= outCount && performance.now() < endsAtMs) await delay(lookEveryMs);
}

function createMember({ program, folder }: DisturbedRunOptions, name: string, events: MemberEvent[], problems: string[]): MemberProcess {
  const directory = join(folder, name);
  return new MemberProcess({
    name,
    directory,
    command: program.memberCommand({ name, directory }),
    readEvent: (line) => program.readEvent(line),
    onEvent: (event) => events.push(event),
    onUnexpectedEnd: (how) => problems.push(how),
  });
}

async function disturb(broker: DisturbedBroker, members: readonly MemberProcess[], disturbance: Disturbance): Promise<void> {
  const victim = members[disturbance.member];
  if (disturbance.kind === 'roll') return roll(members, disturbance.awayMs);
  if (disturbance.kind.startsWith('broker')) return disturbBroker(broker, disturbance);
  if (victim !== undefined) await disturbMember(victim, disturbance);
}

async function disturbMember(victim: MemberProcess, { kind, awayMs }: Disturbance): Promise<void> {
  if (kind === 'freeze') {
    victim.freeze();
    await delay(awayMs);
    return victim.thaw();
  }
  await victim.kill();
  if (kind === 'wipe') victim.deleteState();
  await delay(awayMs);
  victim.start();
}

async function disturbBroker(broker: DisturbedBroker, { kind, awayMs }: Disturbance): Promise<void> {
  await (kind === 'broker-kill' ? broker.kill() : broker.stop());
  await delay(awayMs);
  await broker.startAgain();
}

async function roll(members: readonly MemberProcess[], awayMs: number): Promise<void> {
  for (const member of members) {
    await member.stop();
    await delay(awayMs);
    member.start();
  }
}
