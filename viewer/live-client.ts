import { applyMessage, emptyLiveState, type LiveMessage, type LiveState } from './live-state.ts';

/** Close codes after which coming back has no use; see docs/api.md. */
const finalCloseCodes: ReadonlySet<number> = new Set([4404, 4410]);
const reloadCloseCode = 4001;
const firstWaitMs = 300;
const longestWaitMs = 10_000;

export interface LiveClientOptions {
  readonly sessionId: string;
  readonly onState: (state: LiveState) => void;
  /** False while the connection is down and is being made again. */
  readonly onConnection: (isConnected: boolean) => void;
}

/** Watches a recording: comes back after a break with the position it has, after a random and growing wait, so that a thousand watchers do not come at once. */
export function watchLive(options: LiveClientOptions): { close(): void } {
  let state: LiveState = emptyLiveState;
  let attempt = 0;
  let closed = false;
  let socket: WebSocket | undefined;
  const connect = (): void => {
    socket = new WebSocket(liveAddress(options.sessionId, state));
    socket.addEventListener('open', () => options.onConnection(true));
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
      attempt = 0;
      const message: LiveMessage = JSON.parse(data);
      state = applyMessage(state, message);
      options.onState(state);
    });
    socket.addEventListener('close', ({ code }) => {
      options.onConnection(false);
      if (closed || state.status === 'gone') return;
      if (finalCloseCodes.has(code)) {
        options.onState({ ...emptyLiveState, status: 'gone' });
        return;
      }
      if (code === reloadCloseCode) state = { ...state, position: undefined };
      attempt += 1;
      setTimeout(connect, Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** attempt));
    });
  };
  connect();
  return {
    close: () => {
      closed = true;
      socket?.close();
    },
  };
}

function liveAddress(sessionId: string, { position }: LiveState): string {
  const address = new URL(`/v1/live/${encodeURIComponent(sessionId)}`, location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  if (position !== undefined) address.search = new URLSearchParams({ epoch: position.epoch, offset: position.offset }).toString();
  return address.href;
}
