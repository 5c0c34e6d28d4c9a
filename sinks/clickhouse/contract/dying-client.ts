import { StepwrightError } from '../../../topology/base/errors.ts';
import type { AnalyticsClient } from '../analytics-client.ts';

/** Does so many inserts; then its process has died, and every later one fails. */
export function dyingClient(client: AnalyticsClient, insertCount: number): AnalyticsClient {
  let left = insertCount;
  return {
    command: (sql, parameters) => client.command(sql, parameters),
    query: (sql, parameters) => client.query(sql, parameters),
    close: () => client.close(),
    insert: async (table, rows, token) => {
      left -= 1;
      if (left < 0) throw new StepwrightError('ANALYTICS_FAILED', 'died');
      await client.insert(table, rows, token);
    },
  };
}
