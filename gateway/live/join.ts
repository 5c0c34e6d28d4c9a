import type { SessionUpsert } from '../../schemas/types/guide.ts';
import type { ViewReader } from '../../sinks/ports/views.ts';
import { publicSession, publicStep } from '../read/session-routes.ts';
import type { LiveHub } from './live-hub.ts';
import type { LogTail } from './log-tail.ts';
import type { LiveMessage } from './messages.ts';
import type { TailRecord } from './partition-ring.ts';
import { isNewer } from '../../schemas/revision.ts';
import type { OffsetStep } from './watcher.ts';

export interface JoinDeps {
  readonly views: ViewReader;
  readonly hub: LiveHub;
  readonly tail: LogTail;
  readonly stepsTopic: string;
  readonly partitionOf: (scope: string) => number;
  /** More records than this between the given position and now: a snapshot is cheaper. */
  readonly maxReplayRecords: number;
}

/** What a watcher wants to see, and where it was. */
export interface JoinRequest {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly epoch: string;
  readonly since: bigint | undefined;
}

/** First message of a watcher, and the position from which on deltas count. */
export interface Joined {
  readonly message: LiveMessage;
  readonly nextOffset: bigint;
  readonly session: SessionUpsert;
}

/**
 * The first message: a continuation of the position when all of it can be had, else a snapshot. The caller registered the watcher before, so
 * everything that the hub is fed from now on is kept (H1); what is read here only has to reach up to the hub's position of now.
 * `undefined`: the views know nothing of the session yet.
 */
export async function joinSession(deps: JoinDeps, request: JoinRequest): Promise<Joined | 'gone' | undefined> {
  const scope = `${request.tenantId}/${request.sessionId}`;
  const partition = deps.partitionOf(scope);
  const hubOffset = deps.hub.ring(partition)?.nextOffset ?? 0n;
  const resumed =
    request.since === undefined ? undefined : await resume(deps, request, { scope, partition, hubOffset, since: request.since });
  if (resumed !== undefined) return resumed;
  const snapshot = await deps.views.liveSteps(request.tenantId, request.sessionId);
  if (snapshot === undefined || snapshot === 'gone') return snapshot;
  const { position, steps } = snapshot;
  const missed = await recordsBetween(deps, { scope, partition, from: position.nextOffset, to: hubOffset });
  // The view is so far behind that the log does not reach back to it: it cannot be completed now.
  if (missed === undefined) return undefined;
  const latest = new Map<string, OffsetStep['step']>(steps.map((step) => [step.stepId, step]));
  for (const [stepId, { step }] of deps.hub.decode(missed).steps) latest.set(stepId, step);
  const nextOffset = position.nextOffset > hubOffset ? position.nextOffset : hubOffset;
  const session = newestSession(deps.hub, scope, snapshot.session);
  const message: LiveMessage = {
    type: 'snapshot',
    epoch: request.epoch,
    offset: String(nextOffset),
    ...(request.since === undefined ? {} : { recovered: false }),
    session: publicSession(session),
    steps: [...latest.values()]
      .filter(({ state }) => state !== 'removed')
      .sort((a, b) => a.order - b.order)
      .map(publicStep),
  };
  return { message, nextOffset, session };
}

interface Place {
  readonly scope: string;
  readonly partition: number;
  readonly hubOffset: bigint;
  readonly since: bigint;
}

async function resume(deps: JoinDeps, request: JoinRequest, place: Place): Promise<Joined | 'gone' | undefined> {
  const { scope, partition, hubOffset, since } = place;
  const standing = await deps.views.session(request.tenantId, request.sessionId);
  if (standing === undefined || standing === 'gone') return standing;
  // A position beyond the end was never given out by this history.
  if (since > hubOffset && since > (await deps.tail.endOf({ topic: deps.stepsTopic, partition }))) return undefined;
  const missed = await recordsBetween(deps, { scope, partition, from: since, to: hubOffset });
  if (missed === undefined) return undefined;
  const nextOffset = since > hubOffset ? since : hubOffset;
  const session = newestSession(deps.hub, scope, standing);
  const message: LiveMessage = {
    type: 'resumed',
    epoch: request.epoch,
    offset: String(nextOffset),
    recovered: true,
    session: publicSession(session),
    steps: [...deps.hub.decode(missed).steps.values()].map(({ step }) => publicStep(step)),
  };
  return { message, nextOffset, session };
}

interface Range {
  readonly scope: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** From the ring when it reaches back, else from the log; `undefined` when neither does. */
async function recordsBetween(deps: JoinDeps, { scope, partition, from, to }: Range): Promise<readonly TailRecord[] | undefined> {
  if (from >= to) return [];
  const inRing = deps.hub.ring(partition)?.since(scope, from);
  if (inRing !== undefined) return inRing.filter(({ offset }) => offset < to);
  return deps.tail.readRange({ topic: deps.stepsTopic, partition }, scope, { from, to }, deps.maxReplayRecords);
}

/** The tail may be ahead of the view. */
function newestSession(hub: LiveHub, scope: string, standing: SessionUpsert): SessionUpsert {
  const recent = hub.recentSession(scope);
  return recent !== undefined && isNewer(recent.revision, standing.revision) ? recent : standing;
}
