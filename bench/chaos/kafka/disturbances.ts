import type { Dice } from '../../../topology/testing/dice.ts';

/**
 * What is done to the fleet or its broker:
 * `kill` SIGKILL of a member, which comes back on its folder; `wipe` the same, and its folder is deleted; `freeze` SIGSTOP, some shorter and some longer than
 * the session, so that it wakes up as a member or as a zombie; `broker-kill` and `broker-restart` of the broker; `roll` one member after the other
 * is stopped in order and started again.
 */
export type DisturbanceKind = 'kill' | 'wipe' | 'freeze' | 'broker-kill' | 'broker-restart' | 'roll';

export interface Disturbance {
  readonly kind: DisturbanceKind;
  /** Number of the member; unused for those that concern all. */
  readonly member: number;
  /** `work`: once something new has come out since the one before; `recovery`: while the fleet may still be busy with that one. */
  readonly aim: 'work' | 'recovery';
  /** Pause before it, and behind what it aims at. */
  readonly afterMs: number;
  /** How long the victim is away. */
  readonly awayMs: number;
}

export interface PlanOptions {
  /** SIGKILLs of members, deleted folders included; the others come on top. */
  readonly killCount: number;
  readonly memberCount: number;
  readonly sessionTimeoutMs: number;
}

/** Each kind once at least; where and when by the dice alone, but the first freeze outlasts the session: no schedule is without a zombie. */
export function planDisturbances(dice: Dice, options: PlanOptions): readonly Disturbance[] {
  const { killCount } = options;
  const some = (share: number): number => Math.max(1, Math.round(killCount * share));
  const wipeCount = some(0.1);
  const kinds: DisturbanceKind[] = [
    ...repeat('wipe', wipeCount),
    ...repeat('kill', killCount - wipeCount),
    ...repeat('freeze', some(0.15)),
    ...repeat('broker-kill', some(0.04)),
    ...repeat('broker-restart', some(0.03)),
    ...repeat('roll', some(0.04)),
  ];
  const order = shuffled(dice, kinds);
  const firstFreeze = order.indexOf('freeze');
  return order.map((kind, index) => ({
    kind,
    member: dice.below(options.memberCount),
    aim: dice.below(4) === 0 ? ('recovery' as const) : ('work' as const),
    afterMs: dice.below(500),
    awayMs: kind === 'freeze' ? frozenMs(dice, options, index === firstFreeze) : dice.below(600),
  }));
}

function frozenMs(dice: Dice, { sessionTimeoutMs }: PlanOptions, isFirst: boolean): number {
  const isShort = dice.below(2) === 0;
  const moreMs = dice.below(2_000);
  return isShort && !isFirst ? 200 + moreMs : sessionTimeoutMs + 500 + moreMs;
}

function repeat(kind: DisturbanceKind, count: number): readonly DisturbanceKind[] {
  return Array.from({ length: count }, () => kind);
}

function shuffled<T>(dice: Dice, items: readonly T[]): readonly T[] {
  const left = [...items];
  const taken: T[] = [];
  while (left.length > 0) taken.push(...left.splice(dice.below(left.length), 1));
  return taken;
}
