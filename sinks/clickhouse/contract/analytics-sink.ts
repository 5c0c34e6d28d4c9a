import { StepwrightError } from '../../../topology/base/errors.ts';
import type { SinkSamples, SinkUnderTest } from '../../test-support/sink-bench.ts';
import type { AnalyticsRow } from '../analytics-rows.ts';
import { openAnalytics } from '../open-analytics.ts';
import type { Analytics, AnalyticsOptions, AnalyticsPlace } from '../open-analytics.ts';
import { allTime, readReports, readSampleLetter, samples, sampleSerdes } from './analytics-samples.ts';

/** The records of the sink contract: the samples of sessions. */
export const encodedSamples: SinkSamples['values'] = samples
  .filter(({ row }) => 'tenantId' in row)
  .map(({ topic, row }) => ({ topic, value: Buffer.from(JSON.stringify(row)) }));

export function openSample(place: AnalyticsPlace, options: AnalyticsOptions = {}): Analytics {
  return openAnalytics(place, sampleSerdes, { readLetter: readSampleLetter, ...options });
}

/** Analytics as the sink contract wants it: its effect is what the reports say. */
export function analyticsSink(open: () => Analytics, end: () => Promise<void>): SinkUnderTest<AnalyticsRow> {
  return {
    open: async () => {
      const { target } = open();
      if (target === undefined) throw new StepwrightError('ANALYTICS_OFF', 'The engine is not installed.');
      return target;
    },
    effect: async () => {
      const analytics = open();
      const found = await readReports(analytics, { range: allTime });
      await analytics.close();
      return found;
    },
    end,
  };
}
