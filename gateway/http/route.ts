import type { Readable } from 'node:stream';
import type { Access, Principal } from '../auth/principal.ts';
import type { ApiCode } from './api-codes.ts';
import type { BodyLimits } from './body.ts';
import type { JsonValue } from './json.ts';
import type { Refusal } from './refusal.ts';

/** A fragment of JSON Schema, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface RouteDocument {
  readonly summary: string;
  readonly tag: 'ingest' | 'read' | 'operate';
  /** Shape of each parameter of the path. */
  readonly params?: Readonly<Record<string, JsonSchema>>;
  readonly query?: readonly ParameterDocument[];
  readonly headers?: readonly ParameterDocument[];
  readonly body?: { readonly contentType: string; readonly schema: JsonSchema; readonly optional?: boolean };
  /** Status of success → what it holds. */
  readonly answers: Readonly<Record<number, AnswerDocument>>;
  /** Codes beyond those that any route may answer (`commonCodes`). */
  readonly codes?: readonly ApiCode[];
}

export interface ParameterDocument {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly required?: boolean;
}

export interface AnswerDocument {
  readonly description: string;
  readonly contentType?: string;
  readonly schema?: JsonSchema;
  /** Further media types, of text, that a parameter of the request chooses. */
  readonly otherTypes?: readonly string[];
}

interface BaseRoute {
  readonly method: Method;
  /** OpenAPI template: `/v1/sessions/{sessionId}`. `{key+}` takes the rest of the path, slashes included. */
  readonly path: string;
  readonly limits?: BodyLimits;
  readonly document: RouteDocument;
}

/** Anyone may call it: nothing of a tenant is behind it. */
export interface PublicRoute extends BaseRoute {
  readonly access: 'public';
  /** Also under a Host that is none of ours: balancers and orchestrators probe by address. */
  readonly isProbe?: boolean;
  readonly handle: (request: ApiRequest) => Promise<ApiAnswer | Refusal>;
}

/** Only reached with a principal whose role allows `access`; whatever it touches is of `principal.tenantId`. */
export interface ScopedRoute extends BaseRoute {
  readonly access: Access;
  readonly handle: (request: ScopedRequest) => Promise<ApiAnswer | Refusal>;
}

export type Route = PublicRoute | ScopedRoute;

export interface ApiRequest {
  readonly requestId: string;
  /** Decoded path parameters. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  header(name: string): string | undefined;
  /** Reads the body within the route's limits; at most once. A handler that decides without it leaves it unread. */
  readBytes(): Promise<Buffer | Refusal>;
  /** Like `readBytes`; an empty body is `undefined`. */
  readJson(): Promise<JsonValue | Refusal>;
}

export interface ScopedRequest extends ApiRequest {
  readonly principal: Principal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** One of the two, or neither. `json` of status 200 on GET gets an ETag on its own. */
  readonly json?: unknown;
  readonly bytes?: { readonly body: Buffer; readonly contentType: string };
}

/** What the adapter knows of a request before anything is decided. Header names are in lower case. */
export interface IncomingCall {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Called once, when a handler wants the body: the moment for `100 Continue`. */
  readonly openBody: () => Readable;
}

/** What the adapter writes. */
export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An answer with a JSON body. */
export function answerJson(status: number, json: unknown, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  return { status, json, headers };
}
