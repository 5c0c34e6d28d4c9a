import type { KeySerde, Serde } from '../../schemas/serde.ts';
import type { TtlKeyValueStore } from '../../state/store.ts';
import { ttlStore } from '../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import type { DraftMessage } from '../model.ts';
import type { SessionizeOutput } from '../sessionize/sessionize-processor.ts';
import { stepBoundary } from './step-boundary.ts';
import type { BoundaryState, StepTail, TrackedStep } from './step-state.ts';

/** One older step of a session. */
export interface TailKey {
  readonly session: string;
  readonly index: number;
}

export interface BoundaryStores {
  readonly states: TtlKeyValueStore<string, BoundaryState>;
  readonly tail: TtlKeyValueStore<TailKey, TrackedStep>;
}

interface BoundarySerdes {
  readonly key: KeySerde<string>;
  readonly value: Serde<BoundaryState>;
  readonly tailKey: KeySerde<TailKey>;
  readonly tailValue: Serde<TrackedStep>;
}

export function boundaryStoreSpecs(serdes: BoundarySerdes, ttlMs: number) {
  return {
    states: ttlStore<string, BoundaryState>('step-boundary-states', { key: serdes.key, value: serdes.value, ttlMs }),
    tail: ttlStore<TailKey, TrackedStep>('step-boundary-tail', { key: serdes.tailKey, value: serdes.tailValue, ttlMs }),
  };
}

type Context = ProcessorContext<string, DraftMessage, BoundaryStores>;

/** The thin part. Holds run out by the time of this key's records at this node (T2); they are fields of the state, which is written anyway. */
export function createStepBoundaryProcessor(context: Context): Processor<string, SessionizeOutput> {
  const { states, tail } = context.stores;
  const tailOf = (session: string): StepTail => ({
    get: (index) => tail.get({ session, index }),
    put: (index, step) => tail.put({ session, index }, step),
    delete: (index) => (index < 0 ? undefined : tail.delete({ session, index })),
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
