import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { apiCodes } from '../http/api-codes.ts';
import type { GatewayUnderTest } from '../test-support/gateway-under-test.ts';
import type { FuzzRequest } from './fuzz-requests.ts';
import { fuzzRequest } from './fuzz-requests.ts';
import { FuzzRandom } from './random.ts';

export interface FuzzReport {
  readonly requests: number;
  readonly seed: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byCode: Readonly<Record<string, number>>;
  /** Answers that are wrong: 5xx, a code that is not documented, a stack or a secret. First few, with the index of the request. */
  readonly faults: readonly string[];
  /** Connections that ended without an answer; only raw garbage may. */
  readonly unanswered: number;
  /** Heap in use after collection, at a tenth of the requests and at the end; 0 without --expose-gc. */
  readonly heapStartBytes: number;
  readonly heapEndBytes: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const parallel = 8;
const roundRequests = 5_000;

/** Sends `requests` bent requests to a started gateway and looks at every answer. The same seed sends the same requests. */
export async function runFuzz(
  under: Pick<GatewayUnderTest, 'token'>,
  url: string,
  options: { readonly requests: number; readonly seed: number },
): Promise<FuzzReport> {
  const random = new FuzzRandom(options.seed);
  const token = under.token('acme', 'agent');
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const byStatus: Record<string, number> = {};
  const byCode: Record<string, number> = {};
  const faults: string[] = [];
  let unanswered = 0;
  let heapStartBytes = 0;
  for (let sent = 0; sent < options.requests; sent += parallel) {
    if (heapStartBytes === 0 && sent >= options.requests / 10) heapStartBytes = heapBytes();
    const wanted = Array.from({ length: parallel }, () =>
      random.chance(0.01) ? undefined : fuzzRequest(random, token, Math.floor(sent / roundRequests)),
    );
    const answers = await Promise.all(
      wanted.map((one) => (one === undefined ? sendGarbage(url, random.bytes(60)) : send(url, agent, one))),
    );
    for (const [index, answer] of answers.entries()) {
      if (answer === undefined) unanswered += wanted[index] === undefined ? 0 : 1;
      else {
        count(byStatus, String(answer.status));
        const fault = look(answer, token, byCode);
        if (fault !== undefined && faults.length < 10) faults.push(`request ${sent + index}, seed ${options.seed}: ${fault}`);
      }
    }
  }
  agent.destroy();
  return { ...options, byStatus, byCode, faults, unanswered, heapStartBytes, heapEndBytes: heapBytes() };
}

function look({ status, text }: Answer, token: string, byCode: Record<string, number>): string | undefined {
  if (status >= 500) return `status ${status}: ${text.slice(0, 200)}`;
  if (text.includes(token) || /\bat .*\.(js|ts):\d+/.test(text)) return 'a secret or a stack in the answer';
  if (status < 400) return undefined;
  const code = codeOf(text);
  count(byCode, String(code));
  return typeof code === 'string' && code in apiCodes ? undefined : `status ${status} without a documented code: ${text.slice(0, 200)}`;
}

function codeOf(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return Reflect.get(Object(Reflect.get(Object(parsed), 'error')), 'code');
  } catch {
    return undefined;
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function heapBytes(): number {
  if (globalThis.gc === undefined) return 0;
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** `undefined` when the connection ended without an answer. */
function send(url: string, agent: Agent, { method, path, headers, body }: FuzzRequest): Promise<Answer | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const outgoing = request(
      { hostname, port, method, path, headers: { ...headers, 'content-length': body.length }, agent },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
        response.on('error', () => resolve(undefined));
      },
    );
    outgoing.on('error', () => resolve(undefined));
    outgoing.end(body);
  });
}

/** Bytes that are not HTTP: an answer or a closed connection, both are right. */
function sendGarbage(url: string, bytes: Buffer): Promise<Answer | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
    socket.resume();
  });
}
