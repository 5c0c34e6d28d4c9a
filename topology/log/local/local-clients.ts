import type { Clock } from '../../base/clock.ts';
import type { GroupedSource, PartitionReader, ReaderOptions, SourceOptions } from '../log.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import { LocalReader } from './local-reader.ts';
import { LocalSource } from './local-source.ts';
import type { LocalStorage } from './local-storage.ts';
import { logClosed, unknownTopic } from './log-errors.ts';
import { WakeSignals } from './wake-signals.ts';

interface Closable {
  close(): Promise<void>;
}

/** Groups, sources and readers of one in-process log, and everything else that ends with it. */
export class LocalClients {
  readonly signals: WakeSignals;
  readonly groups: GroupCoordinator;
  readonly #storage: LocalStorage;
  readonly #open = new Set<Closable>();
  #isClosed = false;

  constructor(storage: LocalStorage, clock: Clock) {
    this.#storage = storage;
    this.signals = new WakeSignals(clock);
    this.groups = new GroupCoordinator((topic) => storage.partitionCount(topic));
  }

  /** @throws {LOG_CLOSED} */
  assertOpen(): void {
    if (this.#isClosed) throw logClosed('this log');
  }

  openSource(options: SourceOptions): GroupedSource {
    for (const topic of options.topics) this.#requireTopic(topic);
    const group = this.groups.group(options.groupId);
    return this.track(new LocalSource({ group, storage: this.#storage, signals: this.signals, onClose: this.forget }, options));
  }

  openReader(options: ReaderOptions): PartitionReader {
    const isolation = options.isolation ?? 'read_committed';
    for (const at of options.from) this.#storage.range(at, isolation);
    return this.track(new LocalReader({ storage: this.#storage, signals: this.signals, onClose: this.forget }, options));
  }

  track<T extends Closable>(closable: T): T {
    this.#open.add(closable);
    return closable;
  }

  readonly forget = (closable: Closable): void => {
    this.#open.delete(closable);
  };

  /** Closes all that is open and ends waiting polls. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const closable of [...this.#open]) await closable.close();
    this.signals.wakeAll();
  }

  #requireTopic(topic: string): void {
    if (this.#storage.partitionCount(topic) === undefined) throw unknownTopic({ topic, partition: 0 });
  }
}
