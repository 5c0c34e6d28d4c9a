import { openApiDocument } from './openapi.ts';
import type { PublicRoute, Route } from './route.ts';
import { answerJson } from './route.ts';

/** The routes and, among them, the one that describes them. */
export function withOpenApi(routes: readonly Route[], version: string): readonly Route[] {
  const route: PublicRoute = {
    method: 'GET',
    path: '/v1/openapi.json',
    access: 'public',
    document: { tag: 'operate', summary: 'This document.', answers: { 200: { description: 'OpenAPI 3.1.', schema: { type: 'object' } } } },
    handle: async () => answerJson(200, document),
  };
  const all = [...routes, route];
  const document = openApiDocument(all, version);
  return all;
}
