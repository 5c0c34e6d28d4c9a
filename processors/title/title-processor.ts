import type { Serde } from '../../schemas/serde.ts';
import { numberKey, pairKey, stringKey } from '../../state/keys/key-serdes.ts';
import type { TtlKeyValueStore } from '../../state/store.ts';
import { ttlStore } from '../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import type { Revision } from '../../schemas/types/guide.ts';
import type { OutputMessage, SafeMessage } from '../model.ts';
import { title } from './title.ts';
import type { StepShelf, TitledStep, TitleOptions, TitleState } from './title-state.ts';

/** (session, (order, stepId)): a session's steps lie together and in order. */
export type ShelfKey = readonly [session: string, place: readonly [order: number, stepId: string]];
const shelfKey = pairKey(stringKey, pairKey(numberKey, stringKey));

export interface TitleStores {
  readonly sessions: TtlKeyValueStore<string, TitleState>;
  readonly steps: TtlKeyValueStore<ShelfKey, TitledStep>;
  /** What was sent ahead of pictures and not overtaken yet. */
  readonly ahead: TtlKeyValueStore<ShelfKey, Revision>;
}

export interface TitleSerdes {
  readonly state: Serde<TitleState>;
  readonly step: Serde<TitledStep>;
  readonly ahead: Serde<Revision>;
}

export function titleStoreSpecs(serdes: TitleSerdes, ttlMs: number) {
  return {
    sessions: ttlStore<string, TitleState>('title-sessions', { key: stringKey, value: serdes.state, ttlMs }),
    steps: ttlStore<ShelfKey, TitledStep>('title-steps', { key: shelfKey, value: serdes.step, ttlMs }),
    ahead: ttlStore<ShelfKey, Revision>('title-ahead', { key: shelfKey, value: serdes.ahead, ttlMs }),
  };
}

type Context = ProcessorContext<string, OutputMessage, TitleStores>;

/** The thin part: the session's state, its steps one by one, and what leaves. */
export function createTitleProcessor(context: Context, options: TitleOptions): Processor<string, SafeMessage> {
  const { sessions, steps, ahead } = context.stores;
  const shelfOf = (session: string): StepShelf => ({
    get: (order, stepId) => steps.get([session, [order, stepId]]),
    put: (entry) => steps.put([session, [entry.step.order, entry.step.stepId]], entry),
    aheadOf: (order, stepId) => ahead.get([session, [order, stepId]]),
    setAhead: ({ order, stepId }, revision) => {
      if (revision === undefined) ahead.delete([session, [order, stepId]]);
      else ahead.put([session, [order, stepId]], revision);
    },
    all: () => Array.from(steps.prefixScan(shelfKey.prefixOf(session)), ([, entry]) => entry),
  });
  return {
    process({ key, value: message, timestampMs }: StreamRecord<string, SafeMessage>): void {
      const before = sessions.get(key);
      const result = title(before, message, shelfOf(key), options);
      if (result.state !== before) sessions.put(key, result.state);
      for (const output of result.out) context.forward({ key, value: output, timestampMs });
    },
  };
}
