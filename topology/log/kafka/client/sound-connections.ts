import Connection from 'kafkajs/src/network/connection.js';

const connect = Connection.prototype.connect;
const send = Connection.prototype.send;
const lengthBytes = 4;

/**
 * Three faults of kafkajs 2.2.4 that a proxy which cuts connections has shown; after this call they are mended. Harmless to repeat.
 * - The bytes of an answer that was cut off stay in front of what the next connection brings, and nothing can be read from it ever again.
 * - Two requests that find the connection gone open two sockets, whose answers are mixed.
 * - A connection that has stopped answering (a broken path that nobody reports) is kept and used for the next request too. Java's client ends it.
 */
export function soundConnections(): void {
  Connection.prototype.connect = connectOnce;
  Connection.prototype.send = sendOrEnd;
}

function connectOnce(this: Connection): Promise<boolean> {
  if (this.isConnected()) return Promise.resolve(true);
  this.connecting ??= connectAfresh(this).finally(() => {
    this.connecting = undefined;
  });
  return this.connecting;
}

function connectAfresh(connection: Connection): Promise<boolean> {
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = lengthBytes;
  return connect.call(connection);
}

async function sendOrEnd<T>(this: Connection, exchange: Parameters<typeof send<T>>[0]): Promise<T> {
  const { socket } = this;
  try {
    return await send.call<Connection, [typeof exchange], Promise<T>>(this, exchange);
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') (socket ?? this.socket)?.destroy(error);
    throw error;
  }
}
