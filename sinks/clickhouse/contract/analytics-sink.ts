import { createSystemClock } from '../../../topology/base/clock.ts';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { SinkSamples, SinkUnderTest } from '../../test-support/sink-bench.ts';
import type { AnalyticsClient } from '../analytics-client.ts';
import type { AnalyticsRow } from '../analytics-rows.ts';
import { AnalyticsTarget } from '../analytics-target.ts';
import { migrate } from '../migrations.ts';
import { openAnalytics } from '../open-analytics.ts';
import type { Analytics, AnalyticsOptions, AnalyticsPlace } from '../open-analytics.ts';
import { keepAll } from '../retention.ts';
import { allTime, readReports, readSampleLetter, samples, sampleSerdes, type Sample } from './analytics-samples.ts';
import { dyingClient } from './dying-client.ts';

/** The records of the sink contract: the samples of sessions. */
export const encodedSamples = encoded(samples.filter(({ row }) => 'sessionId' in row));

export function encoded(all: readonly Sample[]): SinkSamples['values'] {
  return all.map(({ topic, row }) => ({ topic, value: Buffer.from(JSON.stringify(row)) }));
}

export function openSample(place: AnalyticsPlace, options: AnalyticsOptions = {}): Analytics {
  return openAnalytics(place, sampleSerdes, { readLetter: readSampleLetter, clock: createSystemClock({ keepsAlive: true }), ...options });
}

/** An empty engine for one test, whichever it is. */
export interface AnalyticsUnderTest {
  readonly open: (options?: AnalyticsOptions) => Analytics;
  /** A second client of the same engine, beside what `open` gave where the engine allows it. */
  readonly client: () => AnalyticsClient;
  /** How many clients the engine has at once. */
  readonly clientCount: number;
  readonly end: () => Promise<void>;
}

/** A target whose process dies at the first insert for which `lives` is false. */
export function dyingTarget(client: AnalyticsClient, lives: (table: string) => boolean): AnalyticsTarget {
  return new AnalyticsTarget({
    client: dyingClient(client, lives),
    serdes: sampleSerdes,
    readLetter: readSampleLetter,
    migrate,
    retention: keepAll,
    marginMs: 0,
    countEveryMs: 5_000,
    clock: createSystemClock({ keepsAlive: true }),
  });
}

/** Analytics as the sink contract wants it: its effect is what the reports say. */
export function analyticsSink({ open, client, end }: AnalyticsUnderTest): SinkUnderTest<AnalyticsRow> {
  return {
    open: async () => {
      const { target } = open();
      if (target === undefined) throw new StepwrightError('ANALYTICS_OFF', 'The engine is not installed.');
      return target;
    },
    openDying: async (doneCount) => dyingTarget(client(), () => doneCount-- > 0),
    effect: async () => {
      const analytics = open();
      const found = await readReports(analytics, { range: allTime });
      await analytics.close();
      return found;
    },
    end,
  };
}
