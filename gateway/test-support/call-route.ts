import { Readable } from 'node:stream';
import type { Dispatcher } from '../http/dispatcher.ts';
import type { OutgoingAnswer, Route } from '../http/route.ts';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Parsed body; `undefined` when there is none. */
  readonly json: unknown;
}

/** Runs a request through the dispatcher without a socket: what express would find by path is found here. */
export async function callRoute(routes: readonly Route[], dispatcher: Dispatcher, call: Call): Promise<Answer> {
  const url = new URL(call.path, 'http://127.0.0.1');
  const body = call.body ?? (call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json)));
  const headers: Record<string, string> = {
    host: '127.0.0.1',
    ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
    ...(body === undefined ? {} : { 'content-length': String(body.length) }),
    ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...call.headers,
  };
  for (const route of routes) {
    const params = route.method === call.method ? match(route.path, url.pathname) : undefined;
    if (params === undefined) continue;
    const openBody = (): Readable => Readable.from(body === undefined ? [] : [body]);
    const answer = await dispatcher.run(route, { method: call.method, params, query: url.searchParams, headers, openBody });
    return { ...answer, json: jsonOf(answer) };
  }
  throw new RangeError(`no route for ${call.method} ${url.pathname}`);
}

function match(template: string, path: string): Record<string, string> | undefined {
  const names: string[] = [];
  const pattern = template.replace(/\{([a-zA-Z0-9]+)(\+?)\}/g, (_, name: string, rest: string) => {
    names.push(name);
    return rest === '' ? '([^/]+)' : '(.+)';
  });
  const found = new RegExp(`^${pattern}$`).exec(path);
  if (found === null) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]));
}

function jsonOf(answer: OutgoingAnswer): unknown {
  const isJson = answer.headers['content-type']?.startsWith('application/json') === true;
  return isJson && answer.body.length > 0 ? JSON.parse(answer.body.toString()) : undefined;
}
