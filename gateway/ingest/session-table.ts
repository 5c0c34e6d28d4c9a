import type { SessionState } from './session-state.ts';
import { scopeOf } from './session-state.ts';

/** The states of all sessions that take events, in memory, and which of them changed since the last checkpoint. */
export class SessionTable {
  readonly #states = new Map<string, SessionState>();
  #dirty = new Set<string>();

  get(scope: string): SessionState | undefined {
    return this.#states.get(scope);
  }

  set(state: SessionState): void {
    const scope = scopeOf(state.tenantId, state.sessionId);
    this.#states.set(scope, state);
    this.#dirty.add(scope);
  }

  delete(scope: string): void {
    if (this.#states.delete(scope)) this.#dirty.add(scope);
  }

  get size(): number {
    return this.#states.size;
  }

  /** Scopes that changed since the last call; the caller marks them again when it could not write them. */
  takeDirty(): readonly string[] {
    const taken = [...this.#dirty];
    this.#dirty = new Set();
    return taken;
  }

  markDirty(scopes: readonly string[]): void {
    for (const scope of scopes) this.#dirty.add(scope);
  }

  /** Scopes of finished sessions without an append since `beforeMs`, the oldest first. */
  finishedBefore(beforeMs: number): readonly string[] {
    return [...this.#states]
      .filter(([, { status, lastAppendAtMs }]) => status === 'finished' && lastAppendAtMs < beforeMs)
      .sort(([, left], [, right]) => left.lastAppendAtMs - right.lastAppendAtMs)
      .map(([scope]) => scope);
  }

  /** Scopes without an append since `beforeMs`. */
  silentSince(beforeMs: number): readonly string[] {
    return [...this.#states].filter(([, state]) => state.lastAppendAtMs < beforeMs).map(([scope]) => scope);
  }
}
