import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { FrameSplitter } from './frame-splitter.ts';

/**
 * What happens to a request:
 * `lose-answer` the broker does it and nobody hears of it; `cut-before` the connection ends and the broker never sees it; `cut-after` the connection ends
 * when the broker has done it; `cut-inside` it ends in the middle of the answer; `late` the connection ends, and the broker gets the request some time
 * later, when the client may have asked again over another connection.
 */
export type ProxyFault = 'lose-answer' | 'cut-before' | 'cut-after' | 'cut-inside' | 'late';

export interface ProxiedRequest {
  readonly apiKey: number;
  /** How many requests with this key came before it. */
  readonly ordinal: number;
}

export interface KafkaProxy {
  /** `host:port` for clients; what brokers say about themselves is changed so that clients come back here. */
  readonly address: string;
  /** Asked once for each request, in order of arrival. */
  judge: (request: ProxiedRequest) => ProxyFault | undefined;
  /** How much later a `late` request reaches the broker. */
  lateByMs: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

const apiVersions = 18;
const metadata = 3;
const findCoordinator = 10;
const describeCluster = 60;

/** A proxy before one broker that knows as much of Kafka's protocol as it takes to treat requests badly. */
export async function startKafkaProxy(brokerAddress: string): Promise<KafkaProxy> {
  const [host = '', portText = ''] = brokerAddress.split(':');
  const broker = { host, port: Number(portText) };
  const links = new Set<Link>();
  const counts = new Map<number, number>();
  let port = 0;
  const server = createServer((client) => {
    const link = new Link({ client, broker, proxyPort: port, judge, lateByMs: () => proxy.lateByMs, onEnd: () => links.delete(link) });
    links.add(link);
  });
  const judge = (apiKey: number): ProxyFault | undefined => {
    const ordinal = counts.get(apiKey) ?? 0;
    counts.set(apiKey, ordinal + 1);
    // A client that cannot even introduce itself says nothing about requests.
    return apiKey === apiVersions ? undefined : proxy.judge({ apiKey, ordinal });
  };
  port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const proxy: KafkaProxy = {
    address: `127.0.0.1:${port}`,
    judge: () => undefined,
    lateByMs: 300,
    close: async () => {
      for (const link of links) link.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

interface LinkOptions {
  readonly client: Socket;
  readonly broker: { readonly host: string; readonly port: number };
  readonly proxyPort: number;
  readonly judge: (apiKey: number) => ProxyFault | undefined;
  readonly lateByMs: () => number;
  readonly onEnd: () => void;
}

/** One client's connection and the one to the broker that belongs to it. */
class Link {
  readonly #options: LinkOptions;
  readonly #upstream: Socket;
  readonly #requests = new FrameSplitter();
  readonly #answers = new FrameSplitter();
  /** By correlation id: what was asked and what is to happen to the answer. */
  readonly #asked = new Map<number, { readonly apiKey: number; readonly fault: ProxyFault | undefined }>();
  #isCut = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { client, broker } = options;
    this.#upstream = createConnection(broker);
    client.setNoDelay(true);
    this.#upstream.setNoDelay(true);
    client.on('data', (chunk: Buffer) => {
      for (const frame of this.#requests.push(chunk)) this.#request(frame);
    });
    this.#upstream.on('data', (chunk: Buffer) => {
      for (const frame of this.#answers.push(chunk)) this.#answer(frame);
    });
    for (const socket of [client, this.#upstream]) socket.on('error', () => this.end());
    client.on('close', () => (this.#isCut ? undefined : this.end()));
    this.#upstream.on('close', () => this.end());
  }

  end(): void {
    this.#options.client.destroy();
    this.#upstream.destroy();
    this.#options.onEnd();
  }

  #request(frame: Buffer): void {
    if (this.#isCut) return;
    const apiKey = frame.readInt16BE(4);
    const fault = this.#options.judge(apiKey);
    if (fault === 'cut-before') return this.end();
    this.#asked.set(frame.readInt32BE(8), { apiKey, fault });
    if (fault !== 'late') {
      this.#upstream.write(frame);
      return;
    }
    this.#isCut = true;
    this.#options.client.destroy();
    setTimeout(() => this.#upstream.write(frame), this.#options.lateByMs());
  }

  #answer(frame: Buffer): void {
    const correlationId = frame.readInt32BE(4);
    const asked = this.#asked.get(correlationId);
    this.#asked.delete(correlationId);
    if (asked?.fault === 'lose-answer') return;
    if (asked?.fault === 'cut-after' || asked?.fault === 'late') return this.end();
    // What follows an answer that was cut off is not sent: no network leaves out bytes in the middle.
    if (this.#isCut) return;
    if (asked?.fault === 'cut-inside') {
      this.#isCut = true;
      this.#options.client.write(frame.subarray(0, Math.ceil(frame.length / 2)), () => this.end());
      return;
    }
    this.#options.client.write(this.#redirected(asked?.apiKey, frame));
  }

  /** A port is four bytes behind the name of its host, in every version: the answer keeps its length. */
  #redirected(apiKey: number | undefined, frame: Buffer): Buffer {
    if (apiKey !== metadata && apiKey !== findCoordinator && apiKey !== describeCluster) return frame;
    const { broker, proxyPort } = this.#options;
    const wanted = Buffer.concat([Buffer.from(broker.host), portBytes(broker.port)]);
    const changed = Buffer.from(frame);
    for (let at = changed.indexOf(wanted); at >= 0; at = changed.indexOf(wanted, at + 1)) {
      changed.set(portBytes(proxyPort), at + broker.host.length);
    }
    return changed;
  }
}

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(port);
  return bytes;
}
