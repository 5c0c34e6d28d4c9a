import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { TitleModel } from '../../processors/ports/title-model.ts';
import { runAll } from '../../topology/base/run-all.ts';
import { Failures } from './failures.ts';
import { quarantineOf, startProcessors, type ProcessorsOptions, type RunningApp } from './processors.ts';
import type { SinkHandle } from './sink-handle.ts';
import { startSinks } from './sinks.ts';
import type { Storage } from './storage.ts';

/** Tasks and sinks of one process. */
export interface RunningStream {
  readonly app: RunningApp;
  readonly sinks: readonly SinkHandle[];
  /** Messages of what failed for good, newest last: a task that keeps failing, a sink that stopped. */
  readonly failures: readonly string[];
}

/** The stream of one process: the topology on its tasks and the sinks behind it. Needs an open storage, which it does not close. */
export interface Platform extends RunningStream {
  /** Originals of screenshots, unsealed on the way out, sealed on the way in. */
  readonly quarantine: ObjectStore;
  /** Stops the tasks first, so that the sinks can carry what was committed. */
  close(): Promise<void>;
}

export interface PlatformOptions extends ProcessorsOptions {
  readonly storage: Storage;
  readonly titleModel?: TitleModel;
}

/** Starts the tasks and the sinks. @throws {STATE_LOCKED | LOG_TOPIC_UNKNOWN} */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const failures = new Failures();
  const processors = await startProcessors(options, failures);
  const sinks = startSinks(options, failures);
  return {
    app: processors.app,
    sinks: sinks.all,
    quarantine: quarantineOf(options.storage),
    failures: failures.messages(),
    close: () => runAll([() => processors.close(), () => sinks.close()]),
  };
}
