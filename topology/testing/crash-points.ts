import type { CrashPointName, CrashPoints } from '../runtime/crash-points.ts';

/** What a planned crash throws. Nothing of the engine may catch it: to the engine it is the end of the process. */
export class PlannedCrash extends Error {
  readonly point: CrashPointName;

  constructor(point: CrashPointName) {
    super(`planned crash at ${point}`);
    this.name = 'PlannedCrash';
    this.point = point;
  }
}

export interface PlannedCrashPoints extends CrashPoints {
  /** How often each point was passed. */
  countOf(point: CrashPointName): number;
  /** True once the crash has happened. */
  readonly hasCrashed: boolean;
}

/** Crashes at the pass of `point` after `skipCount` others; never without a plan. After the crash every point crashes: a dead process does nothing more. */
export function planCrash(plan?: { readonly point: CrashPointName; readonly skipCount?: number }): PlannedCrashPoints {
  const passed = new Map<CrashPointName, number>();
  let hasCrashed = false;
  return {
    isArmed: true,
    get hasCrashed() {
      return hasCrashed;
    },
    countOf: (point) => passed.get(point) ?? 0,
    isCrash: (error) => error instanceof PlannedCrash,
    reach: (point) => {
      const count = passed.get(point) ?? 0;
      passed.set(point, count + 1);
      if (!hasCrashed && (plan?.point !== point || count < (plan.skipCount ?? 0))) return;
      hasCrashed = true;
      throw new PlannedCrash(point);
    },
  };
}
