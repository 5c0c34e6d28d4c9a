/**
 * States of an app and what each may become, after Kafka Streams'.
 * - `rebalancing`: joining, or a task is not running yet. `running`: every assigned task runs. `error`: a task or the membership keeps
 *   failing; the app goes on trying, and is alive but not healthy, so that an orchestrator sees it.
 */
export const appTransitions = {
  created: ['rebalancing', 'closing'],
  rebalancing: ['running', 'error', 'closing'],
  running: ['rebalancing', 'error', 'closing'],
  error: ['rebalancing', 'running', 'closing'],
  closing: ['closed'],
  closed: [],
} as const;

export type AppState = keyof typeof appTransitions;

export function mayMove(from: AppState, to: AppState): boolean {
  return appTransitions[from].some((state) => state === to);
}
