import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKafkaLog } from '../../topology/log/kafka/kafka-log.ts';
import { changelogTopic } from '../../topology/builder/names.ts';
import type { Log } from '../../topology/log/log.ts';
import type { AppOrder } from '../engine/scenarios/app-order.ts';
import { partitionCount, storeName, toArguments } from '../engine/scenarios/app-order.ts';
import { AppProcess } from './app-process.ts';
import { gapMsOf } from './input.ts';
import { kafkaStreamsCommand } from './kafka-streams/kafka-streams-peer.ts';
import type { Contestant, Scenario } from './scenarios.ts';

export interface WorkbenchOptions {
  readonly broker: string;
  readonly scenario: Scenario;
  /** Arguments of node for ours and the loop. */
  readonly nodeArgs: readonly string[];
  readonly isProfiled: boolean;
}

const commitIntervalMs = 100;
const cacheBytes = 128 * 1024 * 1024;
const sessionRetentionMs = 3_600_000;
const lookEveryMs = 25;

const programs = {
  ours: fileURLToPath(new URL('../engine/scenarios/engine-app.js', import.meta.url)),
  loop: fileURLToPath(new URL('../engine/scenarios/bare-loop.js', import.meta.url)),
};

/** One scenario's topics, folders and processes, and the removal of all of them. */
export class Workbench {
  readonly log: Log;
  readonly scenario: Scenario;
  readonly input: string;
  readonly #options: WorkbenchOptions;
  readonly #folder: string;
  readonly #id: string;
  readonly #topics = new Set<string>();

  private constructor(options: WorkbenchOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.scenario = options.scenario;
    this.log = createKafkaLog({ brokers: [options.broker] });
    this.#id = `bench-${options.scenario.name}-${Date.now().toString(36)}`;
    this.input = `${this.#id}-input`;
  }

  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const bench = new Workbench(options, await mkdtemp(join(tmpdir(), 'stepwright-peers-')));
    await bench.createTopic(bench.input);
    return bench;
  }

  /** `run` sets application, output and folder apart. */
  order(contestant: Contestant, run: string): AppOrder {
    const { topology } = this.scenario;
    const guarantee = contestant === 'looser' ? 'at_least_once' : this.scenario.guarantee;
    const application = `${this.#id}-${contestant}-${run}`;
    return {
      topology,
      guarantee,
      application,
      broker: this.#options.broker,
      input: this.input,
      output: `${application}-output`,
      directory: join(this.#folder, application),
      commitIntervalMs,
      cacheBytes,
      gapMs: gapMsOf(this.scenario),
      retentionMs: sessionRetentionMs,
    };
  }

  start(contestant: Contestant, order: AppOrder): AppProcess {
    return new AppProcess([...this.#command(contestant), ...toArguments(order)]);
  }

  async createTopic(name: string, cleanup: 'delete' | 'compact' = 'delete'): Promise<void> {
    this.#topics.add(name);
    await this.log.createTopics([{ name, partitionCount, cleanup }]);
  }

  /** Resolves when the application has committed `count` records of the input. Gives the exact count. */
  async committed(order: AppOrder, count: number, app: AppProcess): Promise<number> {
    for (;;) {
      app.cpuSec();
      const positions = await this.log.committed(order.application, partitionsOf(this.input));
      const sum = positions.reduce((total, { nextOffset }) => total + Number(nextOffset ?? 0n), 0);
      if (sum >= count) return sum;
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  /** Resolves at the first record of the output behind its present end; call it before the process is started. */
  async firstOutput(order: AppOrder, start: () => AppProcess): Promise<{ readonly app: AppProcess; readonly tookMs: number }> {
    const ends = await this.log.offsets(partitionsOf(order.output), 'read_committed');
    const reader = await this.log.openReader({ from: ends, isolation: 'read_committed' });
    await reader.poll({ maxWaitMs: 0 });
    const app = start();
    while ((await reader.poll({ maxWaitMs: 50 })).length === 0) app.cpuSec();
    const tookMs = performance.now() - app.startedAtMs;
    await reader.close();
    return { app, tookMs };
  }

  deleteState({ directory }: AppOrder): Promise<void> {
    return rm(directory, { recursive: true, force: true });
  }

  /** State, output and changelog of one order. */
  async discard(order: AppOrder): Promise<void> {
    await this.deleteState(order);
    await this.#deleteTopics([order.output, changelogTopic(order.application, storeName)]);
  }

  async close(): Promise<void> {
    await this.#deleteTopics([...this.#topics]);
    await this.log.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #deleteTopics(names: readonly string[]): Promise<void> {
    const found = await this.log.describeTopics(names);
    await this.log.deleteTopics(found.map(({ name }) => name));
    for (const name of names) this.#topics.delete(name);
  }

  #command(contestant: Contestant): readonly string[] {
    if (contestant === 'peer') return kafkaStreamsCommand();
    const profile = this.#options.isProfiled && contestant !== 'loop' ? ['--profile'] : [];
    return [process.execPath, ...this.#options.nodeArgs, contestant === 'loop' ? programs.loop : programs.ours, ...profile];
  }
}

export function partitionsOf(topic: string): readonly { readonly topic: string; readonly partition: number }[] {
  return Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }));
}
