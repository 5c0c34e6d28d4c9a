/** Storage classes whose objects can be read at once; what has to be restored first would break guides. */
export const coldClasses = ['STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'] as const;

export interface LifecyclePolicy {
  /** Age at which sealed originals go; never when undefined. As long as recordings may be replayed with their pictures. */
  readonly quarantineDays?: number | undefined;
  /** Age at which pictures move to `coldClass`; never when undefined. */
  readonly coldAfterDays?: number | undefined;
  readonly coldClass: (typeof coldClasses)[number];
}
