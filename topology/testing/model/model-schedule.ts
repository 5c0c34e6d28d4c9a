import fc from 'fast-check';
import { crashPointNames } from '../../runtime/crash-points.ts';
import type { CrashPointName } from '../../runtime/crash-points.ts';
import type { FaultPoint } from '../faults.ts';

export interface PlannedFault {
  readonly point: FaultPoint;
  readonly skipCount: number;
  /** Default: what the fault point says by itself. */
  readonly code: 'LOG_STALE_MEMBER' | undefined;
}

/** What befalls a run, from batch sizes to lost disks. */
export interface ModelSchedule {
  readonly partitionCount: number;
  readonly chunkSize: number;
  readonly recordsPerTurn: number;
  /** Changed entries that make a flush due. */
  readonly flushCount: number;
  /** Of the async calls, in turns of the event loop. */
  readonly delays: readonly number[];
  readonly crashes: readonly { readonly point: CrashPointName; readonly skipCount: number }[];
  readonly faults: readonly PlannedFault[];
  /** One before each chunk: flushes held or let go, a full disk, another owner of a task's transactional id. */
  readonly events: readonly ('none' | 'hold' | 'release' | 'full' | 'fence')[];
  /** Whether the state directory is gone after the n-th restart. */
  readonly losesState: readonly boolean[];
}

const atomicFaults: readonly Omit<PlannedFault, 'skipCount'>[] = [
  ...(['commit:before', 'commit:after', 'sink:send', 'abort', 'openSink', 'committed', 'offsets', 'sync', 'reader:poll'] as const).map(
    (point) => ({ point, code: undefined }),
  ),
  { point: 'commit:before', code: 'LOG_STALE_MEMBER' },
];

const plainFaults: readonly Omit<PlannedFault, 'skipCount'>[] = (
  ['produce:before', 'produce:after', 'source:commit', 'committed', 'offsets', 'sync', 'reader:poll'] as const
).map((point) => ({ point, code: undefined }));

export function scheduleArbitrary(guarantee: 'exactly_once' | 'at_least_once'): fc.Arbitrary<ModelSchedule> {
  const isAtomic = guarantee === 'exactly_once';
  const events = isAtomic ? (['none', 'hold', 'release', 'full', 'fence'] as const) : (['none', 'hold', 'release', 'full'] as const);
  const fault = fc
    .record({ kind: fc.constantFrom(...(isAtomic ? atomicFaults : plainFaults)), skipCount: fc.nat({ max: 8 }) })
    .map(({ kind, skipCount }): PlannedFault => ({ ...kind, skipCount }));
  return fc.record({
    partitionCount: fc.integer({ min: 1, max: 2 }),
    chunkSize: fc.integer({ min: 1, max: 15 }),
    recordsPerTurn: fc.integer({ min: 1, max: 20 }),
    flushCount: fc.integer({ min: 1, max: 20 }),
    delays: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 6 }),
    crashes: fc.array(fc.record({ point: fc.constantFrom(...crashPointNames), skipCount: fc.nat({ max: 6 }) }), { maxLength: 4 }),
    faults: fc.array(fault, { maxLength: 4 }),
    events: fc.array(fc.constantFrom(...events), { maxLength: 8 }),
    losesState: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
  });
}
