import type { ClickHouseClientConfigOptions } from '@clickhouse/client';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import type { AnalyticsReader, ReportName, TimeRange } from '../ports/analytics.ts';
import type { AnalyticsClient, AnalyticsRecord } from './analytics-client.ts';
import { AnalyticsTarget } from './analytics-target.ts';
import type { AnalyticsSerdes } from './analytics-target.ts';
import { ChildClient } from './child/child-client.ts';
import { createClickHouseClient } from './clickhouse-client.ts';
import { reportStatements } from './reports.ts';

/** Where the engine is: in a child process on a folder, or a server. */
export type AnalyticsPlace = { readonly folder: string } | { readonly server: ClickHouseClientConfigOptions };

export interface Analytics {
  readonly reader: AnalyticsReader;
  /** Undefined when analytics is off: there is nothing to carry. Closing the target closes the engine. */
  readonly target: AnalyticsTarget | undefined;
  close(): Promise<void>;
}

/**
 * Opens analytics without loading anything: the engine starts with the first call, in the background. Without the optional package chdb the
 * reader says `available: false` and every report ANALYTICS_OFF; the rest of the platform runs.
 */
export function openAnalytics(place: AnalyticsPlace, serdes: AnalyticsSerdes): Analytics {
  if ('folder' in place && !isEngineInstalled()) return { reader: offReader, target: undefined, close: async () => {} };
  const client = 'folder' in place ? new ChildClient(place.folder) : createClickHouseClient(place.server);
  const target = new AnalyticsTarget(client, serdes);
  return { reader: new ClickHouseReader(client, target), target, close: () => target.close() };
}

class ClickHouseReader implements AnalyticsReader {
  readonly #client: AnalyticsClient;
  readonly #target: AnalyticsTarget;
  #isOff = false;

  constructor(client: AnalyticsClient, target: AnalyticsTarget) {
    this.#client = client;
    this.#target = target;
  }

  /** Turns false when the engine is installed and does not load here. */
  get available(): boolean {
    return !this.#isOff;
  }

  async report(
    tenantId: string,
    name: ReportName,
    { fromMs, toMs }: TimeRange,
  ): Promise<readonly Readonly<Record<string, string | number>>[]> {
    try {
      await this.#target.ready();
      const rows = await this.#client.query(reportStatements[name], { tenant: tenantId, from: Math.round(fromMs), to: Math.round(toMs) });
      return rows.map(flat);
    } catch (error) {
      if (hasCode(error, 'ANALYTICS_OFF')) this.#isOff = true;
      throw error;
    }
  }
}

const offReader: AnalyticsReader = {
  available: false,
  report: async () => {
    throw new StepwrightError(
      'ANALYTICS_OFF',
      'Analytics is off: the optional package chdb is not installed. Run `npm install chdb` to turn it on.',
    );
  },
};

function isEngineInstalled(): boolean {
  try {
    import.meta.resolve('chdb/connection');
    return true;
  } catch {
    return false;
  }
}

/** Report columns are numbers and texts only; a list would be a mistake in the statement. */
function flat(row: AnalyticsRecord): Readonly<Record<string, string | number>> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'object' ? value.join(', ') : value]));
}
