import type { CaptureEvent } from '../../schemas/types/capture-event.ts';

/** The part of `fetch` that is used, so that tests and odd runtimes can hand in their own. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export interface IngestClientOptions {
  /** `http://127.0.0.1:4000` */
  readonly baseUrl: string;
  readonly token: string;
  readonly deviceId: string;
  readonly fetch: FetchLike;
  /** A request without an answer is given up after so long. */
  readonly timeoutMs: number;
}

export interface AgentInfo {
  readonly name: string;
  readonly version: string;
  readonly platform?: string;
}

/** What the server answered, in the words of docs/api.md. `answer` is JSON. */
export type Outcome =
  | { readonly kind: 'ok'; readonly answer: Readonly<Record<string, unknown>> }
  /** No answer, or one that another try may change. */
  | { readonly kind: 'retry'; readonly code: string; readonly afterMs: number | undefined }
  /** The same request will be refused again. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly field: string | undefined;
      readonly message: string;
    };

export interface IngestClient {
  open(body: {
    readonly sessionId: string | undefined;
    readonly atMs: number;
    readonly title?: string;
    readonly agent: AgentInfo;
  }): Promise<Outcome>;
  append(sessionId: string, events: readonly CaptureEvent[]): Promise<Outcome>;
  putPicture(sessionId: string, sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<Outcome>;
  mark(sessionId: string, mark: 'pause' | 'resume' | 'finish', lastSeq: number): Promise<Outcome>;
}

/** Below it, compressing costs more than it saves. */
const compressFromBytes = 4_096;
const retriedStatuses = new Set([408, 425, 429, 500, 502, 503, 504, 507]);

/** The ingest API, one request a call; nothing is tried again here. */
export function createIngestClient(options: IngestClientOptions): IngestClient {
  const { deviceId } = options;
  const session = (sessionId: string): string => `/v1/sessions/${encodeURIComponent(sessionId)}`;
  const post = async (path: string, json: unknown): Promise<Outcome> => {
    const text = JSON.stringify(json);
    const { body, headers } = await compressed(text);
    return request(options, path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  };
  return {
    open: (body) => post('/v1/sessions', { ...body, deviceId }),
    append: (sessionId, events) => post(`${session(sessionId)}/events`, { firstSeq: events[0]?.seq ?? 1, events }),
    putPicture: (sessionId, sha256, bytes) =>
      request(options, `${session(sessionId)}/screenshots/${sha256}`, {
        method: 'PUT',
        body: bytes,
        headers: { 'content-type': 'application/octet-stream' },
      }),
    mark: (sessionId, mark, lastSeq) => post(`${session(sessionId)}/${mark}`, { lastSeq }),
  };
}

async function compressed(text: string): Promise<{ readonly body: BodyInit; readonly headers: Record<string, string> }> {
  if (text.length < compressFromBytes || typeof CompressionStream === 'undefined') return { body: text, headers: {} };
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return { body: await new Response(stream).arrayBuffer(), headers: { 'content-encoding': 'gzip' } };
}

interface CallInit {
  readonly method: string;
  readonly body: BodyInit;
  readonly headers: Readonly<Record<string, string>>;
}

async function request(options: IngestClientOptions, path: string, init: CallInit): Promise<Outcome> {
  const headers = { ...init.headers, authorization: `Bearer ${options.token}`, 'stepwright-device': options.deviceId };
  try {
    const response = await options.fetch(`${options.baseUrl}${path}`, { ...init, headers, signal: AbortSignal.timeout(options.timeoutMs) });
    return outcomeOf(response.status, await readJson(response));
  } catch {
    return { kind: 'retry', code: 'NO_ANSWER', afterMs: undefined };
  }
}

async function readJson(response: Response): Promise<Readonly<Record<string, unknown>> | undefined> {
  const parsed: unknown = await response.json();
  return isRecord(parsed) ? parsed : undefined;
}

function outcomeOf(status: number, answer: Readonly<Record<string, unknown>> | undefined): Outcome {
  if (answer === undefined) return { kind: 'retry', code: 'NO_ANSWER', afterMs: undefined };
  if (status >= 200 && status < 300) return { kind: 'ok', answer };
  const error = isRecord(answer['error']) ? answer['error'] : {};
  const code = typeof error['code'] === 'string' ? error['code'] : `HTTP_${status}`;
  if (retriedStatuses.has(status)) {
    const afterMs = answer['retryAfterMs'];
    return { kind: 'retry', code, afterMs: typeof afterMs === 'number' ? afterMs : undefined };
  }
  const { field, message } = error;
  return {
    kind: 'refused',
    status,
    code,
    field: typeof field === 'string' ? field : undefined,
    message: typeof message === 'string' ? message : code,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
