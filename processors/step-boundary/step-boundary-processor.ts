import type { Serde } from '../../schemas/serde.ts';
import { numberKey, pairKey, stringKey } from '../../state/keys/key-serdes.ts';
import type { TtlKeyValueStore } from '../../state/store.ts';
import { ttlStore } from '../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import type { DraftMessage, SessionizeOutput } from '../model.ts';
import { stepBoundary } from './step-boundary.ts';
import type { BoundaryState, StepTail, TrackedStep } from './step-state.ts';

/** One older step of a session. */
export type TailKey = readonly [session: string, index: number];
const tailKey = pairKey(stringKey, numberKey);

export interface BoundaryStores {
  readonly states: TtlKeyValueStore<string, BoundaryState>;
  readonly tail: TtlKeyValueStore<TailKey, TrackedStep>;
}

export function boundaryStoreSpecs(serdes: { readonly state: Serde<BoundaryState>; readonly step: Serde<TrackedStep> }, ttlMs: number) {
  return {
    states: ttlStore<string, BoundaryState>('step-boundary-states', { key: stringKey, value: serdes.state, ttlMs }),
    tail: ttlStore<TailKey, TrackedStep>('step-boundary-tail', { key: tailKey, value: serdes.step, ttlMs }),
  };
}

type Context = ProcessorContext<string, DraftMessage, BoundaryStores>;

/** The thin part. Holds run out by the time of this key's records at this node (T2); they are fields of the state, which is written anyway. */
export function createStepBoundaryProcessor(context: Context): Processor<string, SessionizeOutput> {
  const { states, tail } = context.stores;
  const tailOf = (session: string): StepTail => ({
    get: (index) => tail.get([session, index]),
    put: (index, step) => tail.put([session, index], step),
    delete: (index) => (index < 0 ? undefined : tail.delete([session, index])),
  });
  return {
    process({ key, value: message, timestampMs }: StreamRecord<string, SessionizeOutput>): void {
      if (message.type === 'idle-fact') return;
      const before = states.get(key);
      const result = stepBoundary(before, message, timestampMs, tailOf(key));
      if (result.state !== before) states.put(key, result.state);
      for (const { atMs, message: draft } of result.out) context.forward({ key, value: draft, timestampMs: atMs });
    },
  };
}
