import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { LiveServer, LiveServerOptions, LiveSocket, UpgradeCall, UpgradeVerdict } from '../live-server.ts';
import { liveProtocol } from '../live-server.ts';

/** Watchers send nothing; this is room for a mistake. */
const maxMessageBytes = 1_024;
const closeGraceMs = 1_000;

/** The live server on `ws`, sharing the HTTP server's port. Frames are not compressed: steps are small, and a context a socket is not. */
export function createWsLiveServer<Context>(options: LiveServerOptions<Context>): LiveServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(liveProtocol) ? liveProtocol : false),
  });
  const silent = new WeakSet<WebSocket>();
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', () => stream.destroy());
    decide(options, request)
      .then((verdict) => {
        if (!verdict.accepted) return refuse(stream, verdict.status, verdict.json);
        sockets.handleUpgrade(request, stream, head, (socket) => {
          socket.on('pong', () => silent.delete(socket));
          connect(socket, options, verdict.context);
        });
      })
      // One socket that cannot be served must not end the process.
      .catch(() => stream.destroy());
  };
  options.server.on('upgrade', upgrade);
  const pinging = setInterval(() => pingAll(sockets.clients, silent), options.pingIntervalMs);
  pinging.unref();
  return {
    async close() {
      clearInterval(pinging);
      options.server.off('upgrade', upgrade);
      for (const socket of sockets.clients) socket.close(1001, 'the server goes');
      // Whoever does not answer the close would keep the port open.
      const cut = setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), closeGraceMs);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(cut);
    },
  };
}

/** A peer that did not answer the ping before is gone, whatever TCP still believes. */
function pingAll(clients: Iterable<WebSocket>, silent: WeakSet<WebSocket>): void {
  for (const socket of clients) {
    if (silent.has(socket)) socket.terminate();
    else {
      silent.add(socket);
      socket.ping();
    }
  }
}

async function decide<Context>(options: LiveServerOptions<Context>, request: IncomingMessage): Promise<UpgradeVerdict<Context>> {
  const call = callOf(request);
  if (call === undefined || !call.path.startsWith(options.pathPrefix)) {
    return { accepted: false, status: 404, json: { error: { code: 'ROUTE_UNKNOWN', message: 'there is no such path' } } };
  }
  try {
    return await options.handlers.authorize(call);
  } catch {
    return { accepted: false, status: 500, json: { error: { code: 'INTERNAL', message: 'a fault of the server' } } };
  }
}

function callOf(request: IncomingMessage): UpgradeCall | undefined {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  try {
    const url = new URL(request.url ?? '/', 'http://host');
    return { path: url.pathname, query: url.searchParams, headers };
  } catch {
    return undefined;
  }
}

function connect<Context>(socket: WebSocket, options: LiveServerOptions<Context>, context: Context): void {
  const live: LiveSocket = {
    send: (text) => {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(text, () => {
        if (socket.bufferedAmount === 0) handlers.drained();
      });
    },
    bufferedBytes: () => socket.bufferedAmount,
    close: (code, reason) => socket.close(code, reason),
  };
  const handlers = options.handlers.connected(live, context);
  socket.once('close', () => handlers.closed());
  // A broken frame closes the socket by itself; without a listener the process would end.
  socket.on('error', () => {});
}

function refuse(stream: Duplex, status: number, json: unknown): void {
  const body = JSON.stringify(json);
  stream.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
