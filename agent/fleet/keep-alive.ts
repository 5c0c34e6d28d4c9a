import { Agent, request } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** HTTP on a few connections that stay: a fleet in one process must not spend its time on connections. Rejects when there is no answer. */
export interface KeepAliveClient {
  send(method: string, path: string, body: Buffer | undefined, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  close(): void;
}

export function createKeepAliveClient(baseUrl: string, token: string, maxSockets = 64): KeepAliveClient {
  const { hostname, port } = new URL(baseUrl);
  const agent = new Agent({ keepAlive: true, maxSockets });
  return {
    send: (method, path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const all = { authorization: `Bearer ${token}`, ...(body && { 'content-length': String(body.length) }), ...headers };
        const outgoing = request({ hostname, port, method, path, headers: all, agent }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
          response.on('error', reject);
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}
