import { createHash } from 'node:crypto';
import type { Logger } from '../../topology/base/logger.ts';
import type { Counter, Metrics } from '../../topology/base/metrics.ts';
import type { Authenticator } from '../auth/authenticate.ts';
import { identifierShape, isIdentifier, mayAccess } from '../auth/principal.ts';
import type { Principal } from '../auth/principal.ts';
import type { ApiCode } from './api-codes.ts';
import { statusOf } from './api-codes.ts';
import { readBody } from './body.ts';
import type { BodyLimits } from './body.ts';
import { refusalOf } from './failure.ts';
import { parseJson } from './json.ts';
import { classifyOrigin, corsHeaders, isKnownHost } from './origin.ts';
import type { OriginPolicy } from './origin.ts';
import { refuse, Refusal } from './refusal.ts';
import type { ApiAnswer, ApiRequest, IncomingCall, OutgoingAnswer, Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';

/** Codes that any scoped route may answer; a route's document lists the rest. */
export const commonCodes: readonly ApiCode[] = [
  'URL_INVALID',
  'PARAMETER_INVALID',
  'METHOD_NOT_ALLOWED',
  'HOST_UNKNOWN',
  'ORIGIN_REFUSED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
];

/** Codes that a route with a body may answer. */
export const bodyCodes: readonly ApiCode[] = [
  'BODY_INVALID',
  'BODY_TOO_LARGE',
  'BODY_INFLATED_TOO_LARGE',
  'ENCODING_UNSUPPORTED',
  'ENCODING_BROKEN',
  'MEDIA_TYPE_UNSUPPORTED',
  'REQUEST_TIMEOUT',
];

export interface DispatcherDeps {
  readonly authenticator: Authenticator;
  readonly origins: OriginPolicy;
  readonly newRequestId: () => string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const noBody: BodyLimits = { maxWireBytes: 0, maxInflatedBytes: 0 };

/**
 * Runs one route for one request: host, origin, identity and role are settled before the handler sees anything, in this order, so a
 * refused caller learns nothing of what is behind the route. Never rejects: a throw becomes a code and a log line.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #answered: Counter;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.#answered = deps.metrics.counter('gateway_requests_total', 'Answers by route and status', ['route', 'status']);
  }

  async run(route: Route, call: IncomingCall): Promise<OutgoingAnswer> {
    const requestId = this.#requestId(call);
    const outcome = await this.#settle(route, call, requestId);
    const answer = outcome instanceof Refusal ? this.refusal(outcome, requestId) : finish(outcome, route, call, requestId);
    this.#answered.add(1, { route: `${route.method} ${route.path}`, status: String(answer.status) });
    const origin = call.headers['origin'];
    if (origin === undefined || route.access !== 'ingest' || this.#origin(call) !== 'allowed') return answer;
    return { ...answer, headers: { ...answer.headers, ...corsHeaders(origin) } };
  }

  /** The answer to a request that reaches no route. */
  reject(refusal: Refusal, call: IncomingCall): OutgoingAnswer {
    this.#answered.add(1, { route: 'none', status: String(statusOf(refusal.code)) });
    return this.refusal(refusal, this.#requestId(call));
  }

  /** The answer to a fault outside of any route; the log line has the request id of the answer. */
  fault(error: unknown, call: IncomingCall): OutgoingAnswer {
    const requestId = this.#requestId(call);
    const refusal = refusalOf(error);
    this.#deps.logger.error({ requestId, route: 'none', code: refusal.code, err: error }, 'request failed');
    this.#answered.add(1, { route: 'none', status: String(statusOf(refusal.code)) });
    return this.refusal(refusal, requestId);
  }

  refusal(refusal: Refusal, requestId: string): OutgoingAnswer {
    const { field, retryAfterMs, facts, headers } = refusal.details;
    const error = { code: refusal.code, message: refusal.message, ...(field === undefined ? {} : { field }) };
    const json = { error, requestId, ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }), ...facts };
    return {
      status: statusOf(refusal.code),
      headers: {
        ...securityHeaders,
        'content-type': 'application/json; charset=utf-8',
        'x-request-id': requestId,
        ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
        ...headers,
      },
      body: Buffer.from(JSON.stringify(json)),
    };
  }

  async #settle(route: Route, call: IncomingCall, requestId: string): Promise<ApiAnswer | Refusal> {
    try {
      const request = createRequest(route, call, requestId);
      if (route.access === 'public' && route.isProbe === true) return await route.handle(request);
      const hostRefused = this.checkHost(call);
      if (hostRefused !== undefined) return hostRefused;
      if (route.access === 'public') return await route.handle(request);
      const principal = this.#authorize(route.access, call);
      if (principal instanceof Refusal) return principal;
      return refuseOddSession(call) ?? (await route.handle({ ...request, principal }));
    } catch (error) {
      const refusal = refusalOf(error);
      // A session that was deleted while it was being written to is nobody's fault.
      const level = refusal.code === 'SESSION_GONE' ? 'debug' : 'error';
      this.#deps.logger[level]({ requestId, route: `${route.method} ${route.path}`, code: refusal.code, err: error }, 'request failed');
      return refusal;
    }
  }

  checkHost(call: IncomingCall): Refusal | undefined {
    if (isKnownHost(this.#deps.origins, call.headers['host'])) return undefined;
    return refuse('HOST_UNKNOWN', 'the Host header names no host of this server', { field: 'host' });
  }

  #authorize(access: Exclude<Route['access'], 'public'>, call: IncomingCall): Principal | Refusal {
    const identity = this.#deps.authenticator.identify({ authorization: call.headers['authorization'], cookie: call.headers['cookie'] });
    if (identity === undefined) {
      return refuse('UNAUTHENTICATED', 'send a key as `Authorization: Bearer …`', { headers: { 'www-authenticate': 'Bearer' } });
    }
    // A browser adds the cookie to requests of any page: only our own pages may use it.
    const foreignPage = this.#origin(call) !== 'own' && this.#origin(call) !== 'none';
    const crossSite = call.headers['sec-fetch-site'] === 'cross-site' && call.method !== 'GET';
    if (identity.by === 'cookie' && (foreignPage || crossSite)) {
      return refuse('ORIGIN_REFUSED', 'a cookie counts for pages of this server only; send a key in the Authorization header');
    }
    if (!mayAccess(identity.principal, access)) {
      return refuse('FORBIDDEN', `a key of role ${identity.principal.role} may not do this`);
    }
    return identity.principal;
  }

  #origin(call: IncomingCall): ReturnType<typeof classifyOrigin> {
    return classifyOrigin(this.#deps.origins, call.headers['origin'], call.headers['host']);
  }

  #requestId(call: IncomingCall): string {
    const given = call.headers['x-request-id'];
    return given !== undefined && /^[A-Za-z0-9._-]{8,64}$/.test(given) ? given : this.#deps.newRequestId();
  }
}

/** Ids become segments of object keys and of row keys: what has another shape never was one, and no store is asked for it. */
function refuseOddSession({ params }: IncomingCall): Refusal | undefined {
  const sessionId = params['sessionId'];
  if (sessionId === undefined || isIdentifier(sessionId)) return undefined;
  return refuse('PARAMETER_INVALID', `sessionId must be ${identifierShape}`, { field: 'sessionId' });
}

function createRequest(route: Route, call: IncomingCall, requestId: string): ApiRequest {
  const limits = route.limits ?? noBody;
  const readBytes = (): Promise<Buffer | Refusal> =>
    readBody(call.openBody, { contentLength: call.headers['content-length'], contentEncoding: call.headers['content-encoding'] }, limits);
  return {
    requestId,
    params: call.params,
    query: call.query,
    header: (name) => call.headers[name],
    readBytes,
    async readJson() {
      const mediaType = call.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
      if (mediaType !== undefined && mediaType !== 'application/json') {
        return refuse('MEDIA_TYPE_UNSUPPORTED', 'content-type must be application/json', { field: 'content-type' });
      }
      const bytes = await readBytes();
      if (bytes instanceof Refusal) return bytes;
      return bytes.length === 0 ? { value: undefined, sizeBytes: 0 } : parseJson(bytes);
    },
  };
}

function finish(answer: ApiAnswer, route: Route, call: IncomingCall, requestId: string): OutgoingAnswer {
  const { body, contentType } = bodyOf(answer);
  const headers: Record<string, string> = { ...securityHeaders, 'x-request-id': requestId, ...contentType, ...answer.headers };
  if (route.method !== 'GET' || answer.status !== 200) return { status: answer.status, headers, body };
  // `private, no-cache`: a browser keeps it and asks; without it, no-store would make the ETag useless.
  headers['cache-control'] = answer.headers?.['cache-control'] ?? 'private, no-cache';
  const etag = headers['etag'] ?? `"${createHash('sha1').update(body).digest('base64url')}"`;
  headers['etag'] = etag;
  return matches(call.headers['if-none-match'], etag) ? { status: 304, headers, body: Buffer.alloc(0) } : { status: 200, headers, body };
}

function bodyOf({ bytes, json }: ApiAnswer): { readonly body: Buffer; readonly contentType: Readonly<Record<string, string>> } {
  if (bytes !== undefined) return { body: bytes.body, contentType: { 'content-type': bytes.contentType } };
  if (json === undefined) return { body: Buffer.alloc(0), contentType: {} };
  return { body: Buffer.from(JSON.stringify(json)), contentType: { 'content-type': 'application/json; charset=utf-8' } };
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch !== undefined && ifNoneMatch.split(',').some((candidate) => ['*', etag, `W/${etag}`].includes(candidate.trim()));
}
