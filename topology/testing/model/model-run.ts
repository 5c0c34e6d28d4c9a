import { setImmediate as nextTurn } from 'node:timers/promises';
import { jsonSerde, stringSerde } from '../../../schemas/serdes.ts';
import { createMemoryBackendFactory } from '../../../state/memory/memory-backend.ts';
import { defaultStateBudgets } from '../../../state/task-state.ts';
import { createFaultyBackendFactory } from '../../../state/testing/faulty-backend.ts';
import type { FaultyBackendFactory } from '../../../state/testing/faulty-backend.ts';
import { hasCode, StepwrightError } from '../../base/errors.ts';
import { partitionOfKey } from '../../base/partition.ts';
import type { Topology } from '../../builder/topology-builder-api.ts';
import type { Log } from '../../log/log.ts';
import { createMemoryLog } from '../../log/memory/memory-log.ts';
import type { ProcessingGuarantee } from '../../runtime/task-environment.ts';
import { PlannedCrash, planCrash } from '../crash-points.ts';
import { Faults } from '../faults.ts';
import { createFaultyLog } from '../faulty-log.ts';
import { createManualClock } from '../manual-clock.ts';
import type { TopologyTestDriver } from '../topology-test-driver.ts';
import { createTopologyTestDriver } from '../topology-test-driver.ts';
import type { ModelRecord, ModelShape } from './model-case.ts';
import type { ModelSchedule } from './model-schedule.ts';
import { createModelTopology } from './model-topology.ts';

export interface ModelRun {
  readonly log: Log;
  readonly topology: Topology;
  readonly backend: FaultyBackendFactory;
  /** How often the process died or a task was lost. */
  readonly restartCount: number;
}

const number = jsonSerde<number>();

/** Runs a shape on the engine under a schedule of crashes, faults, held flushes, rivals and lost disks, until all input is done. */
export async function runModel(
  shape: ModelShape,
  records: readonly ModelRecord[],
  schedule: ModelSchedule,
  guarantee: ProcessingGuarantee = 'exactly_once',
): Promise<ModelRun> {
  let call = 0;
  const topology = createModelTopology(shape, async () => {
    call += 1;
    const turns = schedule.delays[call % schedule.delays.length] ?? 0;
    if (turns > 4) await nextTurn();
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  });
  const storm = new Storm(topology, schedule, guarantee);
  await storm.prepare();
  // What comes back through the log would stand in another place if it met input written later.
  await storm.run(shape.hasFeedback ? [records] : chunk(records, schedule.chunkSize));
  return { log: storm.log, topology, backend: storm.backend, restartCount: storm.restartCount };
}

class Storm {
  readonly log = createMemoryLog({ clock: createManualClock() });
  backend = newBackend();
  restartCount = 0;
  readonly #topology: Topology;
  readonly #schedule: ModelSchedule;
  readonly #guarantee: ProcessingGuarantee;
  readonly #faulty: Log;
  readonly #crashes: ModelSchedule['crashes'][number][];
  readonly #events: ModelSchedule['events'][number][];

  constructor(topology: Topology, schedule: ModelSchedule, guarantee: ProcessingGuarantee) {
    this.#topology = topology;
    this.#schedule = schedule;
    this.#guarantee = guarantee;
    this.#crashes = [...schedule.crashes];
    this.#events = [...schedule.events];
    const faults = new Faults();
    for (const { point, skipCount, code } of schedule.faults) {
      const error = code === undefined ? {} : { error: () => new StepwrightError(code, 'planned', { disposition: 'rebuild-task' }) };
      faults.failAt(point, { skipCount, ...error });
    }
    this.#faulty = createFaultyLog(this.log, faults);
  }

  async prepare(): Promise<void> {
    const { partitionCount } = this.#schedule;
    const topics = this.#topology.subTopologies.flatMap(({ sourceTopics, sinkTopics }) => [...sourceTopics, ...sinkTopics]);
    await this.log.createTopics([...new Set(topics)].map((name) => ({ name, partitionCount })));
  }

  async run(chunks: readonly (readonly ModelRecord[])[]): Promise<void> {
    const left = [...chunks];
    for (;;) {
      const driver = await this.#open();
      if (driver === undefined) continue;
      try {
        for (let next = left.shift(); next !== undefined; next = left.shift()) await this.#step(driver, next);
        this.backend.release();
        await driver.settle();
        await driver.close();
        this.backend.failWrites(0);
        return;
      } catch (error) {
        await this.#die(error, driver);
      }
    }
  }

  async #open(): Promise<TopologyTestDriver | undefined> {
    const { partitionCount, recordsPerTurn, flushCount } = this.#schedule;
    try {
      return await createTopologyTestDriver({
        topology: this.#topology,
        log: this.#faulty,
        backend: this.backend,
        partitionCount,
        processingGuarantee: this.#guarantee,
        crashPoints: planCrash(this.#crashes.shift()),
        bounds: { recordsPerTurn },
        stateBudgets: { ...defaultStateBudgets, cacheBytes: 2_000, flushBounds: { bytes: 1e9, recordCount: flushCount, ageMs: 1e9 } },
      });
    } catch (error) {
      await this.#die(error, undefined);
      return undefined;
    }
  }

  async #step(driver: TopologyTestDriver, records: readonly ModelRecord[]): Promise<void> {
    const producer = await this.log.openProducer();
    await producer.send(
      records.map(({ key, value, timestampMs }) => {
        const keyBytes = stringSerde.serialize(key, Buffer.alloc(0));
        const partition = partitionOfKey(keyBytes, this.#schedule.partitionCount);
        return { topic: 'in', partition, key: keyBytes, value: number.serialize(value, keyBytes), timestampMs };
      }),
    );
    await producer.close();
    await this.#disturb();
    await driver.run();
  }

  async #disturb(): Promise<void> {
    const event = this.#events.shift();
    if (event === 'hold' || event === 'release') this.backend.release();
    if (event === 'hold') this.backend.hold();
    if (event === 'full') this.backend.failWrites(1);
    if (event === 'fence') await (await this.log.openSink({ transactionalId: 'model-0-0' })).close();
  }

  async #die(error: unknown, driver: TopologyTestDriver | undefined): Promise<void> {
    if (!isPlanned(error)) throw error;
    this.restartCount += 1;
    this.backend.release();
    await driver?.kill();
    if (this.#schedule.losesState[this.restartCount % this.#schedule.losesState.length] === true) this.backend = newBackend();
  }
}

function newBackend(): FaultyBackendFactory {
  return createFaultyBackendFactory(createMemoryBackendFactory());
}

function isPlanned(error: unknown): boolean {
  if (error instanceof PlannedCrash || hasCode(error, 'TASK_LOST', 'STATE_DISK_FULL')) return true;
  return error instanceof StepwrightError && error.message.includes('planned');
}

function chunk<T>(items: readonly T[], size: number): (readonly T[])[] {
  const chunks: (readonly T[])[] = [];
  for (let first = 0; first < items.length; first += size) chunks.push(items.slice(first, first + size));
  return chunks;
}
