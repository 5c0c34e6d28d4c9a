import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FleetOptions } from '../../agent/fleet/fleet.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

export type FleetOrder = Omit<FleetOptions, 'client' | 'nowMs' | 'pictures'> & { readonly baseUrl: string; readonly token: string };

export interface WatchOrder {
  readonly baseUrl: string;
  readonly token: string;
  readonly sessionIds: readonly string[];
  readonly untilMs: number;
  readonly guideId: string | undefined;
  readonly readsPerSec: number;
}

export interface WatchReport {
  /** First arrival of a step's marker, by `session marker`. */
  readonly arrivals: Readonly<Record<string, number>>;
  /** First arrival of its picture. */
  readonly pictures: Readonly<Record<string, number>>;
  readonly readMs: readonly number[];
}

/** Milliseconds since the Unix epoch with fractions: processes of one machine agree on it to well under a millisecond. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** In a child: takes the one order, answers its report, ends. */
export function receiveOrder<Order>(work: (order: Order) => Promise<object>): void {
  process.once('message', (order: Order) => {
    void work(order).then((report) => process.send?.(report, () => process.exit(0)));
  });
}

/** Runs a child program of this folder. @throws {TASK_FAILED} when it dies without a report. */
export async function giveOrder<Report>(program: 'fleet-process' | 'watch-process', order: FleetOrder | WatchOrder): Promise<Report> {
  const child = fork(fileURLToPath(new URL(`./${program}.js`, import.meta.url)));
  child.send(order);
  const report = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => undefined)]);
  if (report === undefined) throw new StepwrightError('TASK_FAILED', `${program} ended without a report`);
  return report[0];
}
