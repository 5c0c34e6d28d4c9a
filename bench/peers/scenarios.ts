import type { TopologyName } from '../engine/scenarios/app-order.ts';
import type { ProcessingGuarantee } from '../../topology/index.ts';

/** `looser` is ours at least once, whatever the scenario's guarantee is. */
export const contestants = ['ours', 'peer', 'loop', 'looser'] as const;
export type Contestant = (typeof contestants)[number];

export interface Scenario {
  readonly name: string;
  readonly topology: TopologyName;
  readonly guarantee: ProcessingGuarantee;
  /** How it is run and what is measured. */
  readonly kind: 'throughput' | 'restore' | 'restart' | 'paced';
  /** Input records, or changelog records of a restore. */
  readonly recordCount: number;
  readonly keyCount: number;
  /** `rounds` visits each key in turn; `random` picks keys, so that the time between two records of a key varies. */
  readonly keyOrder: 'rounds' | 'random';
  /** Given for `paced`: the input comes at this rate instead of lying there. */
  readonly recordsPerSec?: number;
  readonly contestants: readonly Contestant[];
  /** What is asked of which row. */
  readonly goal: string;
}

const all: readonly Contestant[] = ['ours', 'peer', 'loop'];
const both: readonly Contestant[] = ['ours', 'peer'];
const count = { topology: 'keyed-count', keyCount: 100_000, keyOrder: 'rounds', recordCount: 600_000 } as const;
const last = { topology: 'keyed-last-value', guarantee: 'exactly_once', keyOrder: 'rounds' } as const;
const twice = 'recordsPerCpuSec: ours ≥ 2 × Kafka Streams';

/** One row of docs/measured.md each. */
export const scenarios: readonly Scenario[] = [
  { name: 'count', kind: 'throughput', guarantee: 'exactly_once', ...count, contestants: all, goal: twice },
  { name: 'count-at-least-once', kind: 'throughput', guarantee: 'at_least_once', ...count, contestants: all, goal: twice },
  {
    name: 'guarantees',
    kind: 'throughput',
    guarantee: 'exactly_once',
    ...count,
    contestants: ['ours', 'looser'],
    goal: 'recordsPerCpuSec: exactly once ≥ 0.9 × at least once',
  },
  { name: 'last-value', kind: 'throughput', ...last, keyCount: 100_000, recordCount: 500_000, contestants: all, goal: twice },
  {
    name: 'sessions',
    kind: 'throughput',
    topology: 'session-windows',
    guarantee: 'exactly_once',
    keyCount: 50_000,
    keyOrder: 'random',
    recordCount: 400_000,
    contestants: both,
    goal: 'recordsPerCpuSec: ours ≥ 1.5 × Kafka Streams',
  },
  {
    name: 'restore',
    kind: 'restore',
    ...last,
    keyCount: 100_000,
    recordCount: 950_000,
    contestants: both,
    goal: 'restoredPerCpuSec: ours ≥ 2 × Kafka Streams',
  },
  {
    name: 'restore-distinct',
    kind: 'restore',
    ...last,
    keyCount: 1_000_000,
    recordCount: 1_000_000,
    contestants: both,
    goal: 'restoredPerCpuSec: ours ≥ 1 × Kafka Streams',
  },
  {
    name: 'restart',
    kind: 'restart',
    ...last,
    keyCount: 1_000_000,
    recordCount: 1_000_000,
    contestants: both,
    goal: 'firstOutputMs: ours < 2,000; restoredCount a tail only; no wipe',
  },
  {
    name: 'commit',
    kind: 'paced',
    guarantee: 'exactly_once',
    ...count,
    recordCount: 100_000,
    recordsPerSec: 5_000,
    contestants: ['ours'],
    goal: 'commitP50Ms ≤ 10, commitP99Ms ≤ 40',
  },
];
