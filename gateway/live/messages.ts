import type { SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';

export type LiveSession = Omit<SessionUpsert, 'tenantId' | 'revision'>;
export type LiveStep = Omit<StepUpsert, 'tenantId' | 'sessionId'>;

/**
 * What a watcher is sent, as JSON text. `offset` is a decimal text: everything of the session before it is in what was sent so far. A watcher that
 * comes back with the epoch and offset of its last message is sent the rest, or `recovered: false` and a new snapshot.
 * Steps are upserts by `stepId`; `state: "removed"` takes one out; the list is sorted by `order`.
 */
export type LiveMessage =
  /** Replaces everything. `recovered: false` when a position was given that cannot be continued. */
  | {
      readonly type: 'snapshot';
      readonly epoch: string;
      readonly offset: string;
      readonly recovered?: false;
      readonly session: LiveSession;
      readonly steps: readonly LiveStep[];
    }
  /** What was missed since the given position, at most the latest of each step. */
  | {
      readonly type: 'resumed';
      readonly epoch: string;
      readonly offset: string;
      readonly recovered: true;
      readonly session: LiveSession;
      readonly steps: readonly LiveStep[];
    }
  | { readonly type: 'upserts'; readonly offset: string; readonly steps: readonly LiveStep[]; readonly session?: LiveSession }
  /** The recording is open but has no step yet; a snapshot follows. */
  | { readonly type: 'waiting' }
  /** It was deleted. The epoch is another one, so that no old position is continued. */
  | { readonly type: 'gone'; readonly epoch: string };

/** Close codes of the live socket. */
export const liveCloseCodes = {
  /** The server goes; come back with the position, after a random wait. */
  goingAway: 1001,
  /** Too slow, or the history moved: come back without a position. */
  reload: 4001,
  /** No such session in this tenant. */
  unknown: 4404,
  /** Deleted: do not come back. */
  gone: 4410,
} as const;
