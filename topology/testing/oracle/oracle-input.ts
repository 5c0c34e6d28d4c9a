import { partitionOfKey } from '../../base/partition.ts';

/**
 * The input of the oracle program, and what must come out of it in the end, in closed form (as Kafka's own SmokeTest does). Record `index` is turn
 * `floor(index / keyCount)` of a key; the turns of a key bring the numbers from `key index` on, each one twice, in an order of the key's own.
 */
export interface OracleShape {
  /** Begins the name of every topic, and is the application's: two oracles on one broker do not meet. */
  readonly name: string;
  readonly keyCount: number;
  /** How often each key comes; even. */
  readonly turnCount: number;
  readonly groupCount: number;
  /** Of every topic. */
  readonly partitionCount: number;
  /** The repartition topic is the engine's own and purged a few times a second, so that kills meet purges. Default: a topic that keeps everything. */
  readonly isPurged?: true;
}

export interface OracleInput {
  readonly key: string;
  readonly value: Numbered;
  readonly timestampMs: number;
}

/** A number, and which record of the input brought it: tells a repeated record from an equal one. */
export interface Numbered {
  readonly index: number;
  readonly number: number;
}

export interface Totals {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly average: number;
  /** How many different numbers there were. */
  readonly distinct: number;
}

const firstMs = 1_700_000_000_000;
/** Prime, so that it is coprime to the small counts it meets: neighbours in the input are far apart. */
const stride = 7_919;

export function recordCountOf({ keyCount, turnCount }: OracleShape): number {
  return keyCount * turnCount;
}

export function oracleInput(index: number, shape: OracleShape): OracleInput {
  const { keyCount, turnCount } = shape;
  const keyIndex = (index * stride) % keyCount;
  const place = (Math.floor(index / keyCount) * stride + keyIndex) % turnCount;
  return { key: keyOf(keyIndex), value: { index, number: keyIndex + Math.floor(place / 2) }, timestampMs: firstMs + index };
}

export function keyOf(keyIndex: number): string {
  return `key-${keyIndex}`;
}

export function groupOf(key: string, { groupCount }: OracleShape): string {
  return `group-${Number(key.slice('key-'.length)) % groupCount}`;
}

/** The totals of a key when all its turns were counted. */
export function finalTotals(keyIndex: number, { turnCount }: OracleShape): Totals {
  const half = turnCount / 2;
  const sum = 2 * keyIndex * half + half * (half - 1);
  return { count: turnCount, sum, min: keyIndex, max: keyIndex + half - 1, average: sum / turnCount, distinct: half };
}

/** The final totals of all groups, from those of their keys. Different keys may bring one number, so `distinct` is worked out from the ranges. */
export function finalGroupTotals(shape: OracleShape): ReadonlyMap<string, Totals> {
  const byGroup = new Map<string, number[]>();
  for (let keyIndex = 0; keyIndex < shape.keyCount; keyIndex += 1) {
    const group = groupOf(keyOf(keyIndex), shape);
    const members = byGroup.get(group);
    if (members === undefined) byGroup.set(group, [keyIndex]);
    else members.push(keyIndex);
  }
  return new Map([...byGroup].map(([group, members]) => [group, totalsOfGroup(members, shape)]));
}

function totalsOfGroup(members: readonly number[], shape: OracleShape): Totals {
  const parts = members.map((keyIndex) => finalTotals(keyIndex, shape));
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const sum = parts.reduce((total, part) => total + part.sum, 0);
  let distinct = 0;
  let coveredTo = -1;
  // Members ascend, and so do their ranges of numbers.
  for (const { min, max } of parts) {
    distinct += max - Math.max(min - 1, coveredTo);
    coveredTo = max;
  }
  return { count, sum, min: parts[0]?.min ?? 0, max: parts.at(-1)?.max ?? 0, average: sum / count, distinct };
}

export function partitionOf(key: string, { partitionCount }: OracleShape): number {
  return partitionOfKey(Buffer.from(key), partitionCount);
}
