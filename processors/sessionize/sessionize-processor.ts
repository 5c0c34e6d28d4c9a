import type { KeySerde, Serde } from '../../schemas/serde.ts';
import type { CaptureChunk } from '../../schemas/types/capture-event.ts';
import type { TtlKeyValueStore } from '../../state/store.ts';
import { ttlStore } from '../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import type { SessionMessage } from '../model.ts';
import { IdleWatch } from './idle-watch.ts';
import type { SessionizeOptions, SessionState } from './session-state.ts';
import { sessionize } from './sessionize.ts';

/** The declared feedback edge of T3: goes to `capture.events` and nowhere else. */
export interface IdleFact {
  readonly type: 'idle-fact';
  readonly chunk: CaptureChunk;
}
export type SessionizeOutput = SessionMessage | IdleFact;

export interface SessionizeStores {
  readonly sessions: TtlKeyValueStore<string, SessionState>;
}

export interface SessionizeProcessorOptions extends SessionizeOptions {
  /** False in a replay edition: it has no wall clock and writes no facts (T3). */
  readonly writesFacts: boolean;
}

export function sessionStoreSpec(serdes: { readonly key: KeySerde<string>; readonly value: Serde<SessionState> }, ttlMs: number) {
  return ttlStore<string, SessionState>('sessionize-sessions', { ...serdes, ttlMs });
}

type Context = ProcessorContext<string, SessionizeOutput, SessionizeStores>;
const lookEveryMs = 500;

/** The thin part: one state read and one write a chunk, and the punctuation that writes facts. */
export function createSessionizeProcessor(context: Context, options: SessionizeProcessorOptions): Processor<string, CaptureChunk> {
  const { sessions } = context.stores;
  const idle = new IdleWatch(options.finishGraceMs);
  let isPrimed = false;
  const prime = () => {
    for (const [key, state] of sessions.range(undefined, undefined)) idle.saw(key, state);
    isPrimed = true;
  };
  const writeFacts = (wallClockMs: number) => {
    if (!context.caughtUp()) return;
    if (!isPrimed) prime();
    for (const [key, silentMs] of idle.due(wallClockMs)) {
      const chunk = idle.factFor(key, sessions.get(key), silentMs);
      if (chunk === undefined) continue;
      context.forward({ key, value: { type: 'idle-fact', chunk }, timestampMs: chunk.receivedAtMs });
    }
  };
  if (options.writesFacts) context.schedulePunctuation('idle-facts', lookEveryMs, writeFacts);
  return {
    process(record: StreamRecord<string, CaptureChunk>): void {
      const result = sessionize(sessions.get(record.key), record.value, options);
      for (const reason of result.drops) context.drop(reason);
      sessions.put(record.key, result.state);
      idle.saw(record.key, result.state);
      for (const { atMs, message } of result.out) context.forward({ key: record.key, value: message, timestampMs: atMs });
    },
  };
}
