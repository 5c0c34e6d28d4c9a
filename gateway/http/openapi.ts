import { apiCodeNames, statusOf } from './api-codes.ts';
import type { ApiCode } from './api-codes.ts';
import { commonCodes } from './dispatcher.ts';
import type { AnswerDocument, JsonSchema, ParameterDocument, Route } from './route.ts';

/** OpenAPI 3.1 of the routes: the same table that serves them, so the two cannot differ. */
export function openApiDocument(routes: readonly Route[], version: string): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace('+}', '}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stepwright',
      version,
      description: 'Recordings in, guides out. Errors are `{error: {code, message, field?}, requestId}`.',
    },
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key (`sw_…`) or a token of this run.' } },
      schemas: { Error: errorSchema },
    },
  };
}

const errorSchema: JsonSchema = {
  type: 'object',
  required: ['error', 'requestId'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { enum: apiCodeNames },
        message: { type: 'string' },
        field: { type: 'string', description: 'Path of the part that is wrong.' },
      },
    },
    requestId: { type: 'string' },
    retryAfterMs: { type: 'integer' },
    ackedSeq: { type: 'integer' },
  },
};

function operation(route: Route): JsonSchema {
  const { document } = route;
  return {
    operationId: operationId(route),
    tags: [document.tag],
    summary: document.summary,
    'x-access': route.access,
    ...(route.access === 'public' ? { security: [] } : {}),
    parameters: parametersOf(route),
    ...(document.body === undefined ? {} : { requestBody: requestBody(document.body) }),
    responses: responsesOf(route),
  };
}

function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^\/v1/, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return [method.toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

function parametersOf({ path, document }: Route): readonly JsonSchema[] {
  const inPath = [...path.matchAll(/\{([a-zA-Z0-9]+)\+?\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: document.params?.[name ?? ''] ?? { type: 'string' },
  }));
  const listed = (place: 'query' | 'header', parameters: readonly ParameterDocument[] = []): readonly JsonSchema[] =>
    parameters.map(({ name, description, schema, required }) => ({ name, in: place, description, required: required ?? false, schema }));
  return [...inPath, ...listed('query', document.query), ...listed('header', document.headers)];
}

function requestBody(body: NonNullable<Route['document']['body']>): JsonSchema {
  const types = body.contentType.split(/, | or /);
  return { required: body.optional !== true, content: Object.fromEntries(types.map((type) => [type, { schema: body.schema }])) };
}

function responsesOf(route: Route): JsonSchema {
  const answers = Object.entries(route.document.answers).map(([status, answer]) => [status, answerOf(answer)]);
  return { ...Object.fromEntries(answers), ...refusalsOf(codesOf(route)) };
}

/** Every code that a route may answer. */
export function codesOf(route: Route): readonly ApiCode[] {
  const common = route.access === 'public' ? commonCodes.filter((code) => !scopedOnly.includes(code)) : commonCodes;
  return [...new Set([...common, ...(route.document.codes ?? [])])];
}

const scopedOnly: readonly ApiCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'ORIGIN_REFUSED', 'RATE_LIMITED'];

function answerOf({ description, contentType, schema, otherTypes = [] }: AnswerDocument): JsonSchema {
  if (contentType === undefined && schema === undefined) return { description };
  const types = (contentType ?? 'application/json').split(/, | or /);
  return {
    description,
    content: Object.fromEntries([
      ...types.map((type) => [type, { schema: schema ?? { type: 'string', format: 'binary' } }]),
      ...otherTypes.map((type) => [type, { schema: { type: 'string' } }]),
    ]),
  };
}

function refusalsOf(codes: readonly ApiCode[]): JsonSchema {
  const byStatus = new Map<number, ApiCode[]>();
  for (const code of codes) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return Object.fromEntries([...byStatus].map(([status, names]) => [String(status), { description: names.join(', '), content }]));
}
