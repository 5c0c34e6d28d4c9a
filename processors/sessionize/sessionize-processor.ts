import type { Serde } from '../../schemas/serde.ts';
import type { CaptureChunk } from '../../schemas/types/capture-event.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import type { TtlKeyValueStore } from '../../state/store.ts';
import { ttlStore } from '../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import type { SessionizeOutput } from '../model.ts';
import { IdleWatch } from './idle-watch.ts';
import { isClosed, type SessionizeOptions, type SessionState } from './session-state.ts';
import { sessionize } from './sessionize.ts';

export interface SessionizeStores {
  readonly sessions: TtlKeyValueStore<string, SessionState>;
  /** Keys of sessions that are not closed: what a task looks at for silence after a restart. Holds nothing of a session. */
  readonly open: TtlKeyValueStore<string, true>;
}

export interface SessionizeProcessorOptions extends SessionizeOptions {
  /** False in a replay edition: it has no wall clock and writes no facts (T3). */
  readonly writesFacts: boolean;
  /** True once the session's key was destroyed: nothing can be sealed for it any more, a fact neither. */
  readonly isForgotten: (key: string) => boolean;
}

export function sessionizeStoreSpecs(serdes: { readonly state: Serde<SessionState>; readonly open: Serde<true> }, ttlMs: number) {
  return {
    sessions: ttlStore<string, SessionState>('sessionize-sessions', { key: stringKey, value: serdes.state, ttlMs }),
    open: ttlStore<string, true>('sessionize-open', { key: stringKey, value: serdes.open, ttlMs }),
  };
}

type Context = ProcessorContext<string, SessionizeOutput, SessionizeStores>;
const lookEveryMs = 500;

/** The thin part: one state read and one write a chunk, and the punctuation that writes facts. */
export function createSessionizeProcessor(context: Context, options: SessionizeProcessorOptions): Processor<string, CaptureChunk> {
  return new SessionizeProcessor(context, options);
}

class SessionizeProcessor implements Processor<string, CaptureChunk> {
  readonly #context: Context;
  readonly #options: SessionizeProcessorOptions;
  readonly #idle: IdleWatch;
  #isPrimed = false;

  constructor(context: Context, options: SessionizeProcessorOptions) {
    this.#context = context;
    this.#options = options;
    this.#idle = new IdleWatch(options.finishGraceMs);
    if (options.writesFacts) context.schedulePunctuation('idle-facts', lookEveryMs, (wallClockMs) => this.#writeFacts(wallClockMs));
  }

  process({ key, value: chunk }: StreamRecord<string, CaptureChunk>): void {
    const { sessions, open } = this.#context.stores;
    const before = sessions.get(key);
    const { state, out, drops } = sessionize(before, chunk, this.#options);
    for (const reason of drops) this.#context.drop(reason);
    // An edit of a session that nobody recorded, or whose state has ended (T5), makes none.
    if (state.highestSeq < 0) return;
    sessions.put(key, state);
    const wasOpen = before !== undefined && !isClosed(before.status);
    if (isClosed(state.status)) open.delete(key);
    else if (!wasOpen) open.put(key, true);
    this.#idle.saw(key, !isClosed(state.status));
    for (const { atMs, message } of out) this.#context.forward({ key, value: message, timestampMs: atMs });
  }

  #writeFacts(wallClockMs: number): void {
    if (!this.#context.caughtUp()) return;
    if (!this.#isPrimed) this.#prime();
    for (const [key, silentMs] of this.#idle.due(wallClockMs)) {
      const chunk = this.#idle.factFor(key, this.#stateOf(key), silentMs);
      if (chunk === undefined) continue;
      this.#context.forward({ key, value: { type: 'idle-fact', chunk }, timestampMs: chunk.receivedAtMs });
    }
  }

  #prime(): void {
    for (const [key] of this.#context.stores.open.range(undefined, undefined)) this.#idle.saw(key, true);
    this.#isPrimed = true;
  }

  /** A session whose key was destroyed has no state to be silent with. */
  #stateOf(key: string): SessionState | undefined {
    if (!this.#options.isForgotten(key)) return this.#context.stores.sessions.get(key);
    this.#context.stores.open.delete(key);
    return undefined;
  }
}
