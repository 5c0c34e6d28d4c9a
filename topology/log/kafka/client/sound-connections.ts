import type { Socket } from 'node:net';
import kafkajs from 'kafkajs';
import Connection from 'kafkajs/src/network/connection.js';

const connect = Connection.prototype.connect;
const send = Connection.prototype.send;
const sendAuthRequest = Connection.prototype.sendAuthRequest;
const lengthBytes = 4;
const authenticateWithinMs = 10_000;

/**
 * Faults of kafkajs 2.2.4 that a proxy which cuts connections has shown; after this call they are mended. Harmless to repeat.
 * - The bytes of an answer that was cut off stay in front of what the next connection brings, and nothing can be read from it ever again.
 * - Two requests that find the connection gone open two sockets, whose answers are mixed.
 * - A connection that has stopped answering (a broken path that nobody reports) is kept and used for the next request too. Java's client ends it.
 * - A connection that is being closed counts as connected: requests are written to its dead socket, and late events of that socket close the next one.
 * - A SASL exchange that gets no answer waits for ever, and with it every request of the connection.
 */
export function soundConnections(): void {
  Connection.prototype.connect = connectOnce;
  Connection.prototype.disconnect = endAtOnce;
  Connection.prototype.send = sendOrEnd;
  Connection.prototype.sendAuthRequest = authenticateInTime;
}

function connectOnce(this: Connection): Promise<boolean> {
  if (this.isConnected()) return Promise.resolve(true);
  this.connecting ??= connectAfresh(this).finally(() => {
    this.connecting = undefined;
  });
  return this.connecting;
}

function connectAfresh(connection: Connection): Promise<boolean> {
  if (connection.socket) retire(connection.socket);
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = lengthBytes;
  return connect.call(connection);
}

/** What is on its way gets no answer any more: who wants to wait for answers does so before. */
function endAtOnce(this: Connection): Promise<boolean> {
  const closed = connectionError(this, 'The connection was closed');
  // Its own handlers end the attempt, and the timer that goes with it.
  if (this.connecting !== undefined) this.socket?.destroy(closed);
  else {
    this.authenticatedAt = null;
    this.connectionStatus = 'disconnected';
    this.requestQueue.destroy();
    if (this.socket) retire(this.socket);
    this.authHandlers?.onError();
    this.rejectRequests(closed);
  }
  return Promise.resolve(true);
}

async function sendOrEnd<T>(this: Connection, exchange: Parameters<typeof send<T>>[0]): Promise<T> {
  const { socket } = this;
  try {
    return await send.call<Connection, [typeof exchange], Promise<T>>(this, exchange);
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') socket?.destroy(error);
    throw error;
  }
}

async function authenticateInTime(this: Connection, exchange: Parameters<typeof sendAuthRequest>[0]): Promise<unknown> {
  const timer = setTimeout(() => void this.disconnect(), authenticateWithinMs);
  try {
    return await sendAuthRequest.call(this, exchange);
  } finally {
    clearTimeout(timer);
  }
}

/** Nothing that this socket does from now on is heard. */
function retire(socket: Socket): void {
  for (const event of ['connect', 'secureConnect', 'data', 'end', 'error', 'timeout']) socket.removeAllListeners(event);
  socket.on('error', () => {});
  socket.destroy();
}

function connectionError({ broker }: Connection, message: string): Error {
  return new kafkajs.KafkaJSConnectionError(message, { broker });
}
