import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import express from 'express';
import type { Request, Response } from 'express';
import type { Dispatcher } from './dispatcher.ts';
import { closeServer, listenOn } from './listen.ts';
import { classifyOrigin, preflightHeaders } from './origin.ts';
import type { OriginPolicy } from './origin.ts';
import { refuse } from './refusal.ts';
import type { IncomingCall, OutgoingAnswer, Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly dispatcher: Dispatcher;
  readonly origins: OriginPolicy;
  /** Serves what is not under /v1: the viewer's pages. Without it such paths are unknown. */
  readonly pages?: (call: IncomingCall, path: string) => Promise<OutgoingAnswer | undefined>;
  /** Whole request, head and body, from its first byte. A sender that drips bytes is cut off then. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Default 10 s. */
  readonly headersTimeoutMs?: number;
}

export interface HttpServer {
  readonly server: Server;
  /** @throws {PORT_TAKEN} naming the port; {CONFIG_INVALID} when the host is no address of this machine. */
  listen(host: string, port: number): Promise<{ readonly url: string; readonly port: number }>;
  /** Ends idle connections at once and others after their answer, at the latest after `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

const maxHeaderBytes = 16_384;
const maxHeadersCount = 100;
/** How much of a refused body is read on, so that the refusal reaches a sender that is still sending. */
const lingerMs = 1_000;

/** The routes on express 5. Express finds the route and decodes the path; everything else is decided by the dispatcher. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  mountRoutes(app, options);
  mountFallback(app, options);
  const server = createServer({ maxHeaderSize: maxHeaderBytes, connectionsCheckingInterval: 1_000 }, app);
  server.maxHeadersCount = maxHeadersCount;
  server.requestTimeout = options.requestTimeoutMs ?? 30_000;
  server.headersTimeout = options.headersTimeoutMs ?? 10_000;
  server.keepAliveTimeout = 65_000;
  server.on('clientError', answerBrokenRequest);
  // The route may refuse before it opens the body: the sender then never sends it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => void app(request, response));
  const flags = { hostFlag: '--host', portFlag: '--port' };
  return {
    server,
    listen: (host, port) => listenOn(server, { host, port, ...flags }),
    close: (graceMs = 5_000) => closeServer(server, graceMs),
  };
}

type App = ReturnType<typeof express>;

function mountRoutes(app: App, options: HttpServerOptions): void {
  const byPath = new Map<string, Route[]>();
  for (const route of options.routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);
  for (const [path, routes] of byPath) {
    const methods = routes.map((route) => route.method);
    app.all(expressPath(path), async (request: Request, response: Response) => {
      const call = callOf(request, response);
      const route = routes.find(
        (candidate) => candidate.method === request.method || (candidate.method === 'GET' && request.method === 'HEAD'),
      );
      if (route !== undefined) return write(request, response, await options.dispatcher.run(route, call));
      const preflight = request.method === 'OPTIONS' ? answerPreflight(options.origins, call, routes) : undefined;
      if (preflight !== undefined) return write(request, response, preflight);
      const allow = methods.join(', ');
      const refusal = refuse('METHOD_NOT_ALLOWED', `this path takes ${allow}`, { headers: { allow } });
      return write(request, response, options.dispatcher.reject(refusal, call));
    });
  }
}

function mountFallback(app: App, options: HttpServerOptions): void {
  app.use(async (request: Request, response: Response) => {
    const call = callOf(request, response);
    const hostRefused = options.dispatcher.checkHost(call);
    if (hostRefused !== undefined) return write(request, response, options.dispatcher.reject(hostRefused, call));
    const isPage = (request.method === 'GET' || request.method === 'HEAD') && !request.path.startsWith('/v1/');
    const page = isPage ? await options.pages?.(call, request.path) : undefined;
    return write(request, response, page ?? options.dispatcher.reject(refuse('ROUTE_UNKNOWN', 'there is no such path'), call));
  });
  // Express throws URIError for broken escapes in a path parameter. Four parameters make it an error handler.
  app.use((error: unknown, request: Request, response: Response, _next: () => void) => {
    const call = callOf(request, response);
    const broken = error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400);
    const { dispatcher } = options;
    const answer = broken ? dispatcher.reject(refuse('URL_INVALID', 'the path cannot be decoded'), call) : dispatcher.fault(error, call);
    write(request, response, answer);
  });
}

/** `{key+}` is express 5's wildcard, whose value is a list of segments. */
function expressPath(path: string): string {
  return path.replace(/\{([a-zA-Z0-9]+)\+\}/g, '*$1').replace(/\{([a-zA-Z0-9]+)\}/g, ':$1');
}

function callOf(request: Request, response: Response): IncomingCall {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.params ?? {})) params[name] = Array.isArray(value) ? value.join('/') : String(value);
  const openBody = (): Request => {
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
    return request;
  };
  const question = request.originalUrl.indexOf('?');
  const query = new URLSearchParams(question === -1 ? '' : request.originalUrl.slice(question + 1));
  return { method: request.method, params, query, headers, openBody };
}

function answerPreflight(origins: OriginPolicy, call: IncomingCall, routes: readonly Route[]): OutgoingAnswer | undefined {
  const origin = call.headers['origin'];
  const open = routes.filter((route) => route.access === 'ingest');
  if (origin === undefined || open.length === 0 || classifyOrigin(origins, origin, call.headers['host']) !== 'allowed') return undefined;
  const methods = open.map((route) => route.method);
  return { status: 204, headers: { ...securityHeaders, ...preflightHeaders(origin, methods) }, body: Buffer.alloc(0) };
}

function write(request: Request, response: Response, answer: OutgoingAnswer): void {
  if (response.headersSent || response.destroyed) return;
  const unread = !request.complete && !request.readableEnded && hasBody(request);
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.status === 204 || answer.status === 304 ? {} : { 'content-length': String(answer.body.length) }),
    ...(unread ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
  if (unread) linger(request);
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** Closing while the sender writes would reset the connection and lose the answer: read on a little, then cut it. */
function linger(request: IncomingMessage): void {
  const { socket } = request;
  const cut = setTimeout(() => socket.destroy(), lingerMs);
  cut.unref();
  request.once('close', () => clearTimeout(cut));
  request.resume();
}

const brokenRequests: Readonly<Record<string, readonly [status: string, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'PARAMETER_INVALID',
    `the headers must not be larger than ${maxHeaderBytes} bytes`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'REQUEST_TIMEOUT', 'the request came too slowly'],
};

function answerBrokenRequest(error: Error, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const code = 'code' in error ? String(error.code) : '';
  const [status, apiCode, message] = brokenRequests[code] ?? ['400 Bad Request', 'URL_INVALID', 'this is not HTTP/1.1'];
  const body = JSON.stringify({ error: { code: apiCode, message } });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
