import { createSystemClock } from '../../topology/base/clock.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import type { AnalyticsReader, ReportName, TimeRange } from '../ports/analytics.ts';
import type { AnalyticsClient, AnalyticsRecord } from './analytics-client.ts';
import { liveEdition } from './analytics-rows.ts';
import { AnalyticsTarget } from './analytics-target.ts';
import { ChildClient } from './child/child-client.ts';
import { createServerClient } from './clickhouse-client.ts';
import type { AnalyticsSerdes, ReadLetter } from './decode-row.ts';
import { migrate } from './migrations.ts';
import { reportSql } from './queries.ts';
import { keepAll } from './retention.ts';
import type { Retention } from './retention.ts';
import { asWritten, onCluster } from './server/placed.ts';
import { marginOf } from './server/server-options.ts';
import type { ClickHouseServerOptions } from './server/server-options.ts';

/** Where the engine is: in a child process on a folder, or a server. */
export type AnalyticsPlace = { readonly folder: string } | { readonly server: ClickHouseServerOptions };

export interface AnalyticsOptions {
  readonly clock?: Clock;
  readonly retention?: Retention;
  /** Without it dead letters are not counted. */
  readonly readLetter?: ReadLetter;
  /** Default 5 s. */
  readonly countEveryMs?: number;
}

export interface Analytics {
  readonly reader: AnalyticsReader;
  /** Undefined when analytics is off: there is nothing to carry. Closing the target closes the engine. */
  readonly target: AnalyticsTarget | undefined;
  close(): Promise<void>;
}

const defaultCountEveryMs = 5_000;

/**
 * Opens analytics without loading or connecting anything: the engine starts with the first call, in the background. Without the optional package chdb the
 * reader says `available: false` and every report ANALYTICS_OFF; the rest of the platform runs.
 */
export function openAnalytics(place: AnalyticsPlace, serdes: AnalyticsSerdes, options: AnalyticsOptions = {}): Analytics {
  if ('folder' in place && !isEngineInstalled()) return { reader: offReader, target: undefined, close: async () => {} };
  const server = 'server' in place ? place.server : undefined;
  const client = 'folder' in place ? new ChildClient(place.folder) : createServerClient(place.server);
  const placed = server?.cluster === undefined ? asWritten : onCluster(server.cluster);
  const target = new AnalyticsTarget({
    client,
    serdes,
    readLetter: options.readLetter,
    migrate: (opened) => migrate(opened, placed),
    retention: options.retention ?? keepAll,
    marginMs: server === undefined ? 0 : marginOf(server),
    countEveryMs: options.countEveryMs ?? defaultCountEveryMs,
    clock: options.clock ?? createSystemClock(),
  });
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
      const parameters = { tenant: tenantId, from: withinDates(fromMs), to: withinDates(toMs), edition: liveEdition };
      const rows = await this.#client.query(`${reportSql(name)} ${closing}`, parameters);
      return rows.map(flat);
    } catch (error) {
      if (hasCode(error, 'ANALYTICS_OFF')) this.#isOff = true;
      throw error;
    }
  }
}

/** What the engine's days can say; beyond them a day would be another. */
function withinDates(atMs: number): number {
  return Math.min(Math.max(Math.round(atMs) || 0, 0), lastMs);
}

const lastMs = Date.UTC(2100, 0);
const closing = 'SETTINGS output_format_json_quote_64bit_integers = 0, max_execution_time = 30';

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
