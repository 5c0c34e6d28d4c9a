import type { Server } from 'node:http';

/** An upgrade request before anything is decided. Header names are in lower case. */
export interface UpgradeCall {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export type UpgradeVerdict<Context> =
  | { readonly accepted: true; readonly context: Context }
  /** Written as a plain HTTP answer; no socket is opened. */
  | { readonly accepted: false; readonly status: number; readonly json: unknown };

/** One watcher's connection. */
export interface LiveSocket {
  /** Queues a text frame; nothing after `close`. */
  send(text: string): void;
  /** Bytes that `send` took and the network did not yet. */
  bufferedBytes(): number;
  /** `code` 1000 or 4000–4999 (RFC 6455 §7.4.2). A peer that does not answer is cut off. */
  close(code: number, reason: string): void;
}

export interface LiveSocketHandlers {
  /** Everything that `send` took has left. */
  drained(): void;
  /** Once, whoever closed. */
  closed(): void;
}

export interface LiveHandlers<Context> {
  authorize(call: UpgradeCall): Promise<UpgradeVerdict<Context>>;
  connected(socket: LiveSocket, context: Context): LiveSocketHandlers;
}

export interface LiveServerOptions<Context> {
  /** Upgrades of this HTTP server under `pathPrefix` are taken; others are refused with 404. */
  readonly server: Server;
  readonly pathPrefix: string;
  readonly handlers: LiveHandlers<Context>;
  /** The server pings; a peer that did not answer the ping before is cut off. */
  readonly pingIntervalMs: number;
}

/** WebSockets as the gateway needs them. Adapters pass `live-server-contract.ts`. */
export interface LiveServer {
  /** Closes every socket with 1001 and takes no more. */
  close(): Promise<void>;
}

export type CreateLiveServer = <Context>(options: LiveServerOptions<Context>) => LiveServer;

/** Sub-protocol that carries a token for pages that have no cookie: `stepwright.v1` and `bearer.<token>` are offered, the first is chosen. */
export const liveProtocol = 'stepwright.v1';
export const bearerProtocolPrefix = 'bearer.';
