import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Serde } from '../../schemas/serde.ts';
import type { BackendFactory } from '../../state/backend.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import type { StoreOf, StoreSpec } from '../../state/store.ts';
import type { StateBudgets } from '../../state/task-state.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import { partitionOfKey } from '../base/partition.ts';
import type { Topology } from '../builder/topology-builder-api.ts';
import type { Headers, Log, TopicPartitionOffset } from '../log/log.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { createAppEnvironment } from '../runtime/app-environment.ts';
import type { RuntimeBounds } from '../runtime/bounds.ts';
import type { CrashPoints } from '../runtime/crash-points.ts';
import { deadLetterHeaders, type OwnerOfKey } from '../runtime/dead-letter.ts';
import type { ErrorHandlers } from '../runtime/error-handlers.ts';
import type { GlobalStores } from '../runtime/globals/global-stores.ts';
import type { StateSupplier } from '../runtime/state-supplier.ts';
import type { KeptCopy } from '../runtime/standby/standby-keeper.ts';
import { StreamThread } from '../runtime/stream-thread.ts';
import type { Task } from '../runtime/task.ts';
import type { ProcessingGuarantee } from '../runtime/task-environment.ts';
import type { WrapProcessor } from '../runtime/wrap-processor.ts';
import { createManualClock } from './manual-clock.ts';
import type { ManualClock } from './manual-clock.ts';
import { TopicTail, type TestRecord } from './topic-tail.ts';

export interface TestDriverOptions {
  readonly topology: Topology;
  /** Wall clock at the start. Default: 2024-01-01T00:00:00Z. */
  readonly startAtMs?: number;
  /** Of every topic that does not exist. Default 1. */
  readonly partitionCount?: number;
  readonly bounds?: Partial<RuntimeBounds>;
  readonly handlers?: Partial<ErrorHandlers>;
  readonly deadLetterOwner?: OwnerOfKey;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** To go on with what another driver left behind. */
  readonly log?: Log;
  readonly backend?: BackendFactory;
  readonly crashPoints?: CrashPoints;
  readonly stateBudgets?: StateBudgets;
  readonly hasWallClock?: boolean;
  readonly processingGuarantee?: ProcessingGuarantee;
  /** Member id in the group, for several drivers on one log. Default: `test-driver`. */
  readonly instanceId?: string;
  readonly wrapProcessor?: WrapProcessor;
  readonly standbyCount?: number;
  readonly acceptableRecoveryLag?: number;
  readonly maxWarmups?: number;
}

export interface PipedRecord<K, V> {
  readonly key: K;
  readonly value: V;
  /** Default: the driver's wall clock. */
  readonly timestampMs?: number;
  readonly headers?: Headers;
}

/** Where a test writes. Each call returns when everything it caused is committed. */
export interface TestInput<K, V> {
  pipe(key: K, value: V, timestampMs?: number, headers?: Headers): Promise<void>;
  pipeAll(records: readonly PipedRecord<K, V>[]): Promise<void>;
}

/** Where a test reads what the topology wrote: committed records only. */
export interface TestOutput<K, V> {
  /** What was written since the last read, in order (partition by partition). */
  read(): Promise<readonly TestRecord<K, V>[]>;
}

/** A dead letter, as a test wants to see it. */
export interface TestDeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly code: string;
  readonly nodeName: string;
  readonly message: string;
  /** Empty without one. */
  readonly owner: string;
}

const turnsBeforeIo = 64;

/** Runs a topology on a memory log and a manual clock: the same loop, tasks and commits as an app, without ports or sleeps. */
export async function createTopologyTestDriver(options: TestDriverOptions): Promise<TopologyTestDriver> {
  const clock = createManualClock(options.startAtMs ?? Date.UTC(2024, 0, 1));
  const log = options.log ?? createMemoryLog({ clock });
  await createMissingTopics(options, log);
  const failures: unknown[] = [];
  const joined: { thread?: StreamThread } = {};
  const member = {
    membership: () => joined.thread?.membership(),
    commitOffsets: async (offsets: Parameters<StreamThread['commitOffsets']>[0]) => joined.thread?.commitOffsets(offsets),
  };
  const { environment, supplier, globals } = await createAppEnvironment(
    {
      ...options,
      log,
      clock,
      state: { memory: options.backend ?? createMemoryBackendFactory() },
      random: () => 0.5,
      bounds: { commitIntervalMs: 0, ...options.bounds },
    },
    member,
  );
  await globals.start();
  const thread = new StreamThread({
    environment,
    instanceId: options.instanceId ?? 'test-driver',
    pollWaitMs: 0,
    onChange: () => {},
    onProgress: () => {},
    onTaskStatus: () => {},
    onTaskFailed: (_slot, error) => failures.push(error),
  });
  joined.thread = thread;
  const partitions = [...environment.topics.values()].flatMap(({ name, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition })),
  );
  const starts = await log.offsets(partitions, 'read_committed');
  const deadLetterTail = new TopicTail(
    log,
    starts.filter(({ topic }) => topic === environment.deadLetterTopic),
  );
  const driver = new TopologyTestDriver({ options, clock, log, thread, supplier, globals, failures, starts, deadLetterTail });
  try {
    await driver.run();
  } catch (error) {
    await driver.kill();
    throw error;
  }
  return driver;
}

interface DriverParts {
  readonly options: TestDriverOptions;
  readonly clock: ManualClock;
  readonly log: Log;
  readonly thread: StreamThread;
  readonly supplier: StateSupplier;
  readonly globals: GlobalStores;
  readonly failures: readonly unknown[];
  /** Ends of all topics when the driver was made. */
  readonly starts: readonly TopicPartitionOffset[];
  readonly deadLetterTail: TopicTail;
}

/** After Kafka Streams' TopologyTestDriver. A task that fails rejects the call that made it fail; the driver can only be closed then. */
export class TopologyTestDriver {
  readonly clock: ManualClock;
  readonly log: Log;
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.clock = parts.clock;
    this.log = parts.log;
    this.#parts = parts;
  }

  input<K, V>(topic: string, key: Serde<K>, value: Serde<V>): TestInput<K, V> {
    const pipeAll = async (records: readonly PipedRecord<K, V>[]) => {
      await this.pipeRaw(
        topic,
        records.map((record) => {
          const keyBytes = key.serialize(record.key, Buffer.alloc(0));
          return {
            key: keyBytes,
            value: value.serialize(record.value, keyBytes),
            timestampMs: record.timestampMs,
            headers: record.headers,
          };
        }),
      );
    };
    return {
      pipeAll,
      pipe: (recordKey, recordValue, timestampMs, headers) =>
        pipeAll([{ key: recordKey, value: recordValue, ...(timestampMs !== undefined && { timestampMs }), ...(headers && { headers }) }]),
    };
  }

  /** Bytes as they are: for bad input. */
  async pipeRaw(
    topic: string,
    records: readonly { key: Buffer | null; value: Buffer | null; timestampMs?: number | undefined; headers?: Headers | undefined }[],
  ): Promise<void> {
    const [description] = await this.log.describeTopics([topic]);
    assert(description, `topic "${topic}" does not exist`);
    const producer = await this.log.openProducer();
    await producer.send(
      records.map((record) => ({
        topic,
        key: record.key,
        value: record.value,
        partition: record.key === null ? 0 : partitionOfKey(record.key, description.partitionCount),
        timestampMs: record.timestampMs ?? this.clock.nowMs(),
        headers: record.headers ?? [],
      })),
    );
    await producer.close();
    await this.#readGlobals(topic);
    await this.run();
  }

  /** Global stores are read beside the loop: a test wants what it wrote to be in them. */
  async #readGlobals(topic: string): Promise<void> {
    const { globals } = this.#parts;
    const own = globals.positions().filter((at) => at.topic === topic);
    if (own.length === 0) return;
    const ends = await this.log.offsets(own, 'read_committed');
    const isBehind = () => {
      const nextOf = (partition: number) =>
        globals.positions().find((at) => at.topic === topic && at.partition === partition)?.nextOffset ?? 0n;
      return ends.some(({ partition, nextOffset }) => nextOf(partition) < nextOffset);
    };
    while (isBehind()) await nextTurn();
  }

  /** What the topology writes to `topic`, from the driver's start on. */
  output<K, V>(topic: string, key: Serde<K>, value: Serde<V>): TestOutput<K, V> {
    const tail = new TopicTail(
      this.log,
      this.#parts.starts.filter((at) => at.topic === topic),
    );
    return { read: () => tail.read(key, value) };
  }

  /** Dead letters since the last call. */
  async deadLetters(): Promise<readonly TestDeadLetter[]> {
    const records = await this.#parts.deadLetterTail.readRaw();
    return records.map(({ headers }) => {
      const text = (name: string) => headers.find(([header]) => header === name)?.[1].toString() ?? '';
      return {
        topic: text(deadLetterHeaders.topic),
        partition: Number(text(deadLetterHeaders.partition)),
        offset: BigInt(text(deadLetterHeaders.offset)),
        code: text(deadLetterHeaders.code),
        nodeName: text(deadLetterHeaders.node),
        message: text(deadLetterHeaders.message),
        owner: text(deadLetterHeaders.owner),
      };
    });
  }

  /** The store of a spec that a processor declared; the very object. */
  store<Spec extends StoreSpec<unknown, unknown>>(spec: Spec, partition = 0): StoreOf<Spec> {
    const { options } = this.#parts;
    const subTopology = options.topology.subTopologies.find(({ stores }) => stores.some((store) => store.spec === spec));
    assert(subTopology, `store "${spec.name}" is not declared by this topology`);
    const task = this.tasks().find(({ id }) => id.subTopology === subTopology.id && id.partition === partition);
    assert(task, `no task runs partition ${partition} of sub-topology ${subTopology.id}`);
    return task.state().store(spec);
  }

  /** Copies of tasks that other drivers of the group process. */
  copies(): readonly KeptCopy[] {
    return this.#parts.thread.copies();
  }

  tasks(): readonly Task[] {
    return this.#parts.thread.slots().flatMap((slot) => slot.task() ?? []);
  }

  /** Runs wall-clock punctuations and back-offs that become due, one step of time after the other. */
  async advanceWallClock(byMs: number): Promise<void> {
    this.clock.advance(byMs);
    await this.run();
  }

  /** Waits until no mapAsync call is in flight. Only back-offs move the clock. */
  async settle(): Promise<void> {
    for (;;) {
      await this.run();
      if (this.tasks().every((task) => task.asyncRecordCount() === 0)) return;
      // Calls may wait for I/O or a real timer, which get no turn while only promises run.
      await nextTurn();
      const { thread } = this.#parts;
      if (this.clock.nextTimerAtMs() === undefined) await thread.waitForNews();
      else await this.#waitOrAdvance();
    }
  }

  /** Runs until no input is left and everything is committed. Calls in flight are not waited for. */
  async run(): Promise<void> {
    const { thread, failures } = this.#parts;
    thread.expectInput();
    for (let turnCount = 1; ; turnCount += 1) {
      const doneCount = thread.turn();
      if (failures.length > 0) throw failures[0];
      if (thread.isQuiet()) return;
      // Polls end at once here: without this a commit that waits for I/O or a timer would never see its answer.
      if (turnCount % turnsBeforeIo === 0) await nextTurn();
      else if (doneCount === 0) await thread.waitForNews();
    }
  }

  /** Commits and flushes as an app does at its end. */
  async close(): Promise<void> {
    await this.#parts.thread.stop();
    await this.#parts.globals.close();
    await this.#parts.supplier.close();
  }

  /** Leaves behind what a process does that is killed now; another driver may go on with the same log and backend. */
  async kill(): Promise<void> {
    await this.#parts.thread.kill();
    await this.#parts.globals.close();
    await this.#parts.supplier.close();
  }

  /** Gives pending promises a few turns; if none of them has news, a back-off is what everything waits for. */
  async #waitOrAdvance(): Promise<void> {
    const { thread } = this.#parts;
    let hasNews = false;
    const news = thread.waitForNews().then(() => {
      hasNews = true;
    });
    for (let turn = 0; turn < 3 && !hasNews; turn += 1) await nextTurn();
    if (!hasNews) this.clock.advance((this.clock.nextTimerAtMs() ?? this.clock.nowMs()) - this.clock.nowMs());
    await news;
  }
}

async function createMissingTopics({ topology, partitionCount = 1 }: TestDriverOptions, log: Log): Promise<void> {
  const own = new Set(topology.subTopologies.flatMap(({ repartitions }) => [...repartitions.keys()]));
  const used = new Set(topology.subTopologies.flatMap(({ sourceTopics, sinkTopics }) => [...sourceTopics, ...sinkTopics]));
  for (const { topic } of topology.globalStores) used.add(topic);
  const names = [...used].filter((name) => !own.has(name));
  const known = new Set((await log.describeTopics(names)).map(({ name }) => name));
  await log.createTopics(names.filter((name) => !known.has(name)).map((name) => ({ name, partitionCount })));
}
