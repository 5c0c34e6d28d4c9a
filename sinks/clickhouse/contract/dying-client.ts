import { StepwrightError } from '../../../topology/base/errors.ts';
import type { AnalyticsClient } from '../analytics-client.ts';

/** Inserts as long as it lives, of which it is asked before each; then its process has died, and every later one fails. */
export function dyingClient(client: AnalyticsClient, lives: (table: string) => boolean): AnalyticsClient {
  let isDead = false;
  return {
    command: (sql, parameters) => client.command(sql, parameters),
    query: (sql, parameters) => client.query(sql, parameters),
    close: () => client.close(),
    insert: async (table, rows, token) => {
      isDead ||= !lives(table);
      if (isDead) throw new StepwrightError('ANALYTICS_FAILED', 'died');
      await client.insert(table, rows, token);
    },
  };
}
