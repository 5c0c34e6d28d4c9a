/** Named moments of a task's life at which a test may stop the process. In the order in which a commit passes them. */
export const crashPointNames = [
  'record-processed',
  'commit-started',
  'changelog-taken',
  'records-sent',
  'log-committed',
  'folded',
  'log-synced',
  'flush-started',
  'flush-finished',
  'rolled-back',
  'restore-started',
  'restored',
] as const;

export type CrashPointName = (typeof crashPointNames)[number];

export interface CrashPoints {
  /** False keeps the record path free of calls. */
  readonly isArmed: boolean;
  /** Returns, or throws what the test wants the process to die of. */
  reach(point: CrashPointName): void;
  /** True for what `reach` throws: no handler may catch it. */
  isCrash(error: unknown): boolean;
}

/** What production uses. */
export const noCrashPoints: CrashPoints = { isArmed: false, reach: () => {}, isCrash: () => false };
