import type { Keyring } from '../../processors/ports/keyring.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Counter, Gauge, Metrics } from '../../topology/base/metrics.ts';
import type { Authenticator, Identity } from '../auth/authenticate.ts';
import { mayAccess } from '../auth/principal.ts';
import type { Principal } from '../auth/principal.ts';
import type { ApiCode } from '../http/api-codes.ts';
import { statusOf } from '../http/api-codes.ts';
import { classifyOrigin, isKnownHost } from '../http/origin.ts';
import type { OriginPolicy } from '../http/origin.ts';
import type { UsageWriter } from '../read/usage-writer.ts';
import type { JoinDeps, JoinRequest } from './join.ts';
import { joinSession } from './join.ts';
import type { LiveHandlers, LiveSocket, LiveSocketHandlers, UpgradeCall, UpgradeVerdict } from './live-server.ts';
import { bearerProtocolPrefix } from './live-server.ts';
import { liveCloseCodes } from './messages.ts';
import { Watcher } from './watcher.ts';
import type { WatcherLimits } from './watcher.ts';

export interface LiveLimits extends WatcherLimits {
  readonly maxWatchers: number;
  readonly maxWatchersPerTenant: number;
}

export interface LiveEndpointDeps {
  readonly join: JoinDeps;
  readonly authenticator: Authenticator;
  readonly origins: OriginPolicy;
  readonly keyring: Keyring;
  readonly isOpen: (tenantId: string, sessionId: string) => boolean;
  /** Changes when positions of before must not be continued: another topic, a promoted edition. */
  readonly epoch: () => string;
  readonly usage: UsageWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly limits: LiveLimits;
}

/** Who watches what. */
export interface WatchContext {
  readonly principal: Principal;
  readonly sessionId: string;
  readonly epoch: string | undefined;
  readonly offset: bigint | undefined;
}

export const livePathPrefix = '/v1/live/';
const firstRetryMs = 50;
const longestRetryMs = 1_000;
const stallCheckMs = 1_000;

/** Lets watchers in, gives each its first message, and keeps count. The hub does the rest. */
export class LiveEndpoint implements LiveHandlers<WatchContext> {
  readonly #deps: LiveEndpointDeps;
  readonly #perTenant = new Map<string, number>();
  readonly #watcherGauge: Gauge;
  readonly #joined: Counter;
  readonly #closed: Counter;
  #count = 0;
  #cancelCheck: () => void = () => {};

  constructor(deps: LiveEndpointDeps) {
    this.#deps = deps;
    this.#watcherGauge = deps.metrics.gauge('gateway_live_watchers', 'Open live sockets');
    this.#joined = deps.metrics.counter('gateway_live_joined_total', 'First messages of watchers', ['type']);
    this.#closed = deps.metrics.counter('gateway_live_closed_total', 'Sockets that the server closed, by code', ['code']);
  }

  /** Begins to look for stalled sockets. */
  start(): void {
    this.#cancelCheck = this.#deps.clock.setTimer(stallCheckMs, () => {
      for (const watcher of this.#deps.join.hub.watchers()) watcher.flush(this.#deps.clock.nowMs());
      this.start();
    });
  }

  stop(): void {
    this.#cancelCheck();
  }

  async authorize(call: UpgradeCall): Promise<UpgradeVerdict<WatchContext>> {
    const { origins, limits } = this.#deps;
    if (!isKnownHost(origins, call.headers['host'])) return refused('HOST_UNKNOWN', 'the Host header names no host of this server');
    const identity = this.#identify(call);
    if (identity === undefined) return refused('UNAUTHENTICATED', 'send a key as header, cookie or sub-protocol');
    const origin = classifyOrigin(origins, call.headers['origin'], call.headers['host']);
    const mayUse = origin === 'own' || origin === 'none' || (origin === 'allowed' && identity.by === 'header');
    if (!mayUse) return refused('ORIGIN_REFUSED', 'a page of another origin may not watch');
    const { principal } = identity;
    if (!mayAccess(principal, 'read')) return refused('FORBIDDEN', `a key of role ${principal.role} may not do this`);
    const tenantCount = this.#perTenant.get(principal.tenantId) ?? 0;
    if (this.#count >= limits.maxWatchers || tenantCount >= limits.maxWatchersPerTenant) {
      return refused('SERVER_BUSY', 'as many watchers as may be are connected');
    }
    return readContext(call, principal);
  }

  connected(socket: LiveSocket, context: WatchContext): LiveSocketHandlers {
    const { join, limits, clock } = this.#deps;
    const { principal, sessionId } = context;
    const scope = `${principal.tenantId}/${sessionId}`;
    const watcher = new Watcher(this.#counting(socket), limits);
    // Registered first: what the hub is fed while the snapshot is read must not be missed (H1).
    join.hub.add(scope, watcher);
    this.#counted(principal.tenantId, 1);
    void this.#join(watcher, context);
    return {
      drained: () => watcher.flush(clock.nowMs()),
      closed: () => {
        watcher.ended();
        join.hub.remove(scope, watcher);
        this.#counted(principal.tenantId, -1);
      },
    };
  }

  /** The session was deleted: its watchers are told and let go. */
  gone(scope: string): void {
    const { hub } = this.#deps.join;
    hub.forget(scope);
    for (const watcher of hub.watchersOf(scope)) this.#sayGone(watcher);
  }

  /** The history moved: every watcher takes a new snapshot. */
  reloadAll(): void {
    for (const watcher of this.#deps.join.hub.watchers()) watcher.close(liveCloseCodes.reload, 'the history moved');
  }

  async #join(watcher: Watcher, context: WatchContext, tries = 0): Promise<void> {
    try {
      await this.#tryJoin(watcher, context, tries);
    } catch (error) {
      this.#deps.logger.error({ err: error }, 'a watcher could not be given its first message');
      watcher.close(liveCloseCodes.reload, 'try again');
    }
  }

  async #tryJoin(watcher: Watcher, context: WatchContext, tries: number): Promise<void> {
    const { principal, sessionId } = context;
    const { join, keyring, isOpen, clock, usage } = this.#deps;
    if (watcher.isClosed) return;
    if (keyring.peek(`${principal.tenantId}/${sessionId}`) === 'gone') return this.#sayGone(watcher);
    const joined = await joinSession(join, this.#request(context));
    if (joined === 'gone') return this.#sayGone(watcher);
    if (joined !== undefined) {
      this.#joined.add(1, { type: joined.message.type });
      // Only now: a look at a session that never was must leave nothing behind, not even a key.
      usage.seen({ tenantId: principal.tenantId, sessionId, kind: 'live.watched', actor: principal.keyId });
      return watcher.begin(joined.message, joined.nextOffset, joined.session, clock.nowMs());
    }
    if (!isOpen(principal.tenantId, sessionId)) return watcher.close(liveCloseCodes.unknown, 'there is no such session');
    if (tries === 0) watcher.tell({ type: 'waiting' });
    const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(tries, 10));
    clock.setTimer(delayMs, () => void this.#join(watcher, context, tries + 1));
  }

  #request({ principal, sessionId, epoch, offset }: WatchContext): JoinRequest {
    const current = this.#deps.epoch();
    // A position of another history continues nothing, but its owner must hear that it was not recovered.
    const since = epoch === current ? offset : offset === undefined ? undefined : otherHistory;
    return { tenantId: principal.tenantId, sessionId, epoch: current, since };
  }

  #sayGone(watcher: Watcher): void {
    watcher.close(liveCloseCodes.gone, 'deleted', { type: 'gone', epoch: `${this.#deps.epoch()}.gone` });
  }

  #identify(call: UpgradeCall): Identity | undefined {
    const offered = call.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
    const token = offered.find((name) => name.startsWith(bearerProtocolPrefix))?.slice(bearerProtocolPrefix.length);
    if (token !== undefined) {
      const principal = this.#deps.authenticator.verify(token);
      return principal && { principal, by: 'header' };
    }
    return this.#deps.authenticator.identify({ authorization: call.headers['authorization'], cookie: call.headers['cookie'] });
  }

  #counting(socket: LiveSocket): LiveSocket {
    return {
      send: (text) => socket.send(text),
      bufferedBytes: () => socket.bufferedBytes(),
      close: (code, reason) => {
        this.#closed.add(1, { code: String(code) });
        socket.close(code, reason);
      },
    };
  }

  #counted(tenantId: string, change: 1 | -1): void {
    this.#count += change;
    const tenantCount = (this.#perTenant.get(tenantId) ?? 0) + change;
    if (tenantCount === 0) this.#perTenant.delete(tenantId);
    else this.#perTenant.set(tenantId, tenantCount);
    this.#watcherGauge.set(this.#count);
  }
}

/** Below every offset of any log, so that it is never within reach. */
const otherHistory = -1n;

function readContext(call: UpgradeCall, principal: Principal): UpgradeVerdict<WatchContext> {
  const sessionId = /^([A-Za-z0-9._-]{1,64})$/.exec(call.path.slice(livePathPrefix.length))?.[1];
  if (sessionId === undefined) return refused('PARAMETER_INVALID', 'the path is /v1/live/{sessionId}');
  const offset = call.query.get('offset');
  if (offset !== null && !/^\d{1,18}$/.test(offset)) return refused('PARAMETER_INVALID', 'offset must be one that a message carried');
  const epoch = call.query.get('epoch') ?? undefined;
  return { accepted: true, context: { principal, sessionId, epoch, offset: offset === null ? undefined : BigInt(offset) } };
}

function refused(code: ApiCode, message: string): UpgradeVerdict<WatchContext> {
  return { accepted: false, status: statusOf(code), json: { error: { code, message } } };
}
