import type { TaskId } from '../task-id.ts';

/**
 * What a member has of a task: it processes it, copies it, has a closed folder of it, or nothing. The order is the order of preference for who
 * gets it.
 */
export const taskHoldings = ['active', 'standby', 'closed', 'none'] as const;
export type TaskHolding = (typeof taskHoldings)[number];

export interface HeldTask {
  readonly id: TaskId;
  readonly holding: TaskHolding;
  /** Changelog offsets that are missing on this member's disk; 0 for a task that runs there. An upper bound: offsets are sparse. */
  readonly lag: number;
}

/** What one member tells the assignor. */
export interface MemberData {
  /** `host:port` for queries; empty when it advertises none. */
  readonly host: string;
  readonly tasks: readonly HeldTask[];
}
