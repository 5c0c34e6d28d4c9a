import { WebSocket } from 'ws';

/** A watcher over a real socket that keeps every message. */
export interface LiveClient {
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  /** Resolves with the first message that passes, old ones included. */
  next(passes: (message: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>;
  /** Close code, once closed. */
  readonly closed: Promise<number>;
  /** Cuts the connection without a goodbye. */
  drop(): void;
  /** Stops and goes on reading from the network. */
  pauseReading(): void;
  resumeReading(): void;
}

export interface LiveClientOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

/** Rejects with the HTTP status when the upgrade is refused. */
export async function connectLive(url: string, options: LiveClientOptions = {}): Promise<LiveClient> {
  const authorization = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [...(options.protocols ?? [])], {
    headers: { ...authorization, ...options.headers },
  });
  const messages: Readonly<Record<string, unknown>>[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((check) => check());
  socket.on('message', (data: Buffer) => {
    const parsed: unknown = JSON.parse(data.toString());
    if (typeof parsed === 'object' && parsed !== null) messages.push({ ...parsed });
    wake();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  void closed.then(wake);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', (error) => reject(error));
    socket.once('unexpected-response', (_, response) => reject(new RangeError(`status ${response.statusCode}`)));
  });
  return {
    messages,
    closed,
    drop: () => socket.terminate(),
    pauseReading: () => socket.pause(),
    resumeReading: () => socket.resume(),
    next: (passes) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = messages.find(passes);
          if (found === undefined && socket.readyState !== WebSocket.CLOSED) return;
          waiting.delete(check);
          if (found === undefined) reject(new RangeError('the socket closed before such a message came'));
          else resolve(found);
        };
        waiting.add(check);
        check();
      }),
  };
}
