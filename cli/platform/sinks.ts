import type { TitleModel } from '../../processors/ports/title-model.ts';
import { LakeTarget } from '../../sinks/lake/lake-target.ts';
import { createGuideTarget } from '../../sinks/s3/guides/guide-target.ts';
import { createViewTarget } from '../../sinks/views/view-target.ts';
import { runAll } from '../../topology/base/run-all.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { LakeChoice } from './adapters.ts';
import { deadLetterWriter } from './dead-letters.ts';
import type { Failures } from './failures.ts';
import { startSink, type BatchLimits, type SinkEnvironment, type SinkHandle } from './sink-handle.ts';
import type { Storage } from './storage.ts';
import { createTitleHost } from './title-host.ts';

export interface SinksOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Answers title requests of sessions whose policy asks for it; without one the rules' titles stay. */
  readonly titleModel?: TitleModel;
  /** Raw events go to the objects too, as Parquet. */
  readonly lake?: LakeChoice | undefined;
}

/** The sinks of this process, running. */
export interface Sinks {
  readonly all: readonly SinkHandle[];
  close(): Promise<void>;
}

/** A place that holds what was made of sessions. */
export type ForgettingTarget = Pick<SinkHandle, 'name' | 'forget'>;

/** Begins to carry the output topics to views, objects and analytics. */
export function startSinks(options: SinksOptions, failures: Failures): Sinks {
  const { storage, titleModel, lake, clock, random, logger, metrics } = options;
  const { log, serdes, keyring, objects, partitionCount } = storage;
  const letters = deadLetterWriter(log);
  const environment: SinkEnvironment = { log, clock, random, logger, metrics, deadLetters: letters.write, failures };
  const all = [
    startSink(environment, createViewTarget(storage.views, serdes)),
    startSink(environment, createGuideTarget({ store: objects, guides: serdes['guide.finished.v1'], metrics })),
  ];
  if (storage.analytics.target !== undefined) all.push(startSink(environment, storage.analytics.target));
  if (lake !== undefined) all.push(startSink(environment, new LakeTarget({ store: objects, log }), lakeBatches(lake)));
  if (titleModel !== undefined) {
    const host = createTitleHost({ log, serdes, keyring, positions: objects, partitionCount, model: titleModel, clock });
    all.push(startSink(environment, host));
  }
  return { all, close: () => runAll([...all.map((sink) => () => sink.close()), () => letters.close()]) };
}

/** Of a record in memory beside its value: its row, its names, its headers. */
const lakeRowBytes = 512;

/** A file is as good as what is in it, so records are held back until there are many. */
function lakeBatches({ fileMs, batchBytes }: LakeChoice): BatchLimits {
  return { batchBytes, batchRows: Math.ceil(batchBytes / lakeRowBytes), lingerMs: fileMs };
}

/** What must forget a session, for a process that does not run the sinks itself. */
export function forgettingTargets({ views, objects, serdes, analytics }: Storage): readonly ForgettingTarget[] {
  return [
    createViewTarget(views, serdes),
    createGuideTarget({ store: objects, guides: serdes['guide.finished.v1'] }),
    ...(analytics.target === undefined ? [] : [analytics.target]),
  ];
}
