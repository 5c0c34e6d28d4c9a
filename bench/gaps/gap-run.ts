import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { createKafkaLog } from '../../topology/log/kafka/kafka-log.ts';
import type { MemberEvent } from '../../topology/testing/fleet/member-process.ts';
import { MemberProcess, readJsonEvent } from '../../topology/testing/fleet/member-process.ts';
import type { OracleMember } from '../../topology/testing/oracle/oracle-child.ts';
import type { OracleShape } from '../../topology/testing/oracle/oracle-input.ts';
import { oracleTopicSpecs } from '../../topology/testing/oracle/oracle-topology.ts';
import { EchoWatch, SteadyFeed } from './steady-load.ts';

export interface GapRunOptions {
  readonly broker: string;
  readonly folder: string;
  readonly partitionCount: number;
  readonly recordsPerSec: number;
  readonly sessionTimeoutMs: number;
  readonly standbyCount: number;
  readonly isTalkative: boolean;
  readonly onPhase: (phase: PhaseGaps) => void;
}

export type PhaseName = 'nothing' | 'join' | 'leave' | 'join again' | 'killed, comes back' | 'killed for good';

/** Longest gaps of one phase, in whole ms. */
export interface PhaseGaps {
  readonly phase: PhaseName;
  /** The highest of the tasks that stayed where they were; undefined when all moved. */
  readonly unmovedMs: number | undefined;
  /** The highest of the tasks that were opened anew; undefined when none was. */
  readonly movedMs: number | undefined;
  readonly movedCount: number;
}

/** After the last task was opened and no other followed for this long, a change is over. */
const settledAfterMs = 3_000;
const settleWithinMs = 40_000;
const quietPhaseMs = 10_000;
const childProgram = fileURLToPath(new URL('../../topology/testing/oracle/oracle-child.js', import.meta.url));
/** Tasks whose output goes from input to echo without another task in between. */
const echoTask = /^0_(\d+)$/;

/** Two members with a third that joins, leaves, joins, dies and returns, and dies. Returns what is wrong with the outputs. */
export async function runGaps(options: GapRunOptions): Promise<readonly string[]> {
  const run = new GapRun(options);
  await run.open();
  const { c } = run;
  await run.phase('nothing', () => delay(quietPhaseMs));
  await run.phase('join', async () => c.start());
  await run.phase('leave', () => c.stop());
  await run.phase('join again', async () => c.start());
  await run.phase('killed, comes back', async () => {
    await c.kill();
    c.start();
  });
  await run.phase('killed for good', () => c.kill());
  return run.close();
}

class GapRun {
  readonly c: MemberProcess;
  readonly #options: GapRunOptions;
  readonly #shape: OracleShape;
  readonly #log: ReturnType<typeof createKafkaLog>;
  readonly #feed: SteadyFeed;
  readonly #watch: EchoWatch;
  readonly #stayers: readonly MemberProcess[];
  readonly #opened = new Set<number>();
  readonly #problems: string[] = [];
  #openedAtMs = 0;

  constructor(options: GapRunOptions) {
    this.#options = options;
    const name = `gaps-${process.pid}-${Date.now()}`;
    this.#shape = { name, keyCount: 5_000, turnCount: 100_000, groupCount: 500, partitionCount: options.partitionCount };
    this.#log = createKafkaLog({ brokers: [options.broker] });
    this.#feed = new SteadyFeed(this.#log, this.#shape, options.recordsPerSec);
    this.#watch = new EchoWatch(this.#log, this.#shape);
    this.#stayers = ['a', 'b'].map((member) => this.#member(member));
    this.c = this.#member('c');
  }

  async open(): Promise<void> {
    await this.#log.createTopics(oracleTopicSpecs(this.#shape));
    this.#feed.start();
    await this.#watch.start();
    for (const member of this.#stayers) member.start();
    await this.#settled();
  }

  async phase(phase: PhaseName, change: () => Promise<void>): Promise<void> {
    this.#opened.clear();
    const fromMs = performance.now();
    await change();
    if (phase !== 'nothing') await this.#settled();
    const span = { fromMs, toMs: performance.now() };
    const gapsOf = (isMoved: boolean): readonly number[] =>
      Array.from({ length: this.#shape.partitionCount }, (_, partition) => partition)
        .filter((partition) => this.#opened.has(partition) === isMoved)
        .map((partition) => Math.round(this.#watch.gaps.longest(partition, span)));
    const highest = (gaps: readonly number[]): number | undefined => (gaps.length === 0 ? undefined : Math.max(...gaps));
    this.#options.onPhase({
      phase,
      unmovedMs: highest(gapsOf(false)),
      movedMs: highest(gapsOf(true)),
      movedCount: this.#opened.size,
    });
  }

  async close(): Promise<readonly string[]> {
    const sent = await this.#feed.stop();
    this.#problems.push(...(await this.#watch.stop(sent, settleWithinMs)));
    await Promise.all([...this.#stayers, this.c].map((member) => member.stop()));
    await this.#log.close();
    return this.#problems;
  }

  /** A change is over when tasks were opened and then none for a while; one that opens none is given up after a while too. */
  async #settled(): Promise<void> {
    const startedAtMs = performance.now();
    for (;;) {
      await delay(100);
      const nowMs = performance.now();
      if (this.#opened.size > 0 && nowMs - this.#openedAtMs > settledAfterMs) return;
      if (nowMs - startedAtMs > settleWithinMs) throw new Error('bench:gaps: the members have not settled');
    }
  }

  #member(name: string): MemberProcess {
    const { broker, sessionTimeoutMs, standbyCount, isTalkative, folder } = this.#options;
    const directory = join(folder, this.#shape.name, name);
    const member: OracleMember = {
      shape: this.#shape,
      instanceId: name,
      directory,
      log: { brokers: [broker], sessionTimeoutMs },
      sharing: { standbyCount },
      isTalkative,
    };
    return new MemberProcess({
      name,
      directory,
      command: [childProgram, JSON.stringify(member)],
      readEvent: readJsonEvent,
      onEvent: (event) => this.#onEvent(name, event),
      onUnexpectedEnd: (how) => this.#problems.push(how),
    });
  }

  #onEvent(member: string, event: MemberEvent): void {
    if (event.event === 'failed') process.stderr.write(`member ${member}: task ${event.taskId} failed: ${event.code}\n`);
    if (event.event !== 'restored') return;
    this.#openedAtMs = performance.now();
    const [, partition] = echoTask.exec(event.taskId) ?? [];
    if (partition !== undefined) this.#opened.add(Number(partition));
  }
}
