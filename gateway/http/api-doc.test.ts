import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { apiPage, expectedDocuments, openApiFile } from '../test-support/api-documents.ts';
import { createGatewayUnderTest } from '../test-support/gateway-under-test.ts';
import { apiCodeNames } from './api-codes.ts';
import { codesOf } from './openapi.ts';

const rewrite = 'run: node dist/gateway/test-support/write-api-documents.js';

test('docs/api.md lists the codes and routes of the tables, docs/openapi.json is the document of the routes', async () => {
  const { page, openApi } = await expectedDocuments();
  assert.equal(readFileSync(apiPage, 'utf8'), page, rewrite);
  assert.equal(readFileSync(openApiFile, 'utf8'), openApi, rewrite);
});

test('every route is in the OpenAPI document with its access, parameters and answers', async () => {
  const { gateway } = await createGatewayUnderTest();
  const document: unknown = JSON.parse(readFileSync(openApiFile, 'utf8'));
  for (const route of gateway.routes) {
    const path = Reflect.get(Object(Reflect.get(Object(document), 'paths')), route.path.replace('+}', '}'));
    const operation = Object(Reflect.get(Object(path), route.method.toLowerCase()));
    assert.equal(operation['x-access'], route.access, `${route.method} ${route.path}`);
    for (const [, name] of route.path.matchAll(/\{(\w+)\+?\}/g)) {
      const found = operation.parameters.find((one: { name: string; in: string }) => one.name === name && one.in === 'path');
      assert.ok(found?.schema.pattern ?? found?.schema.enum, `${route.path} says which ${name} it takes`);
    }
    for (const status of Object.keys(route.document.answers)) assert.ok(operation.responses[status]);
    for (const code of codesOf(route)) assert.ok(JSON.stringify(operation.responses).includes(code));
  }
});

test('every code is said by a route or by the server around them', async () => {
  const { gateway } = await createGatewayUnderTest();
  const said = new Set([...gateway.routes.flatMap(codesOf), 'ROUTE_UNKNOWN']);
  assert.deepEqual(
    apiCodeNames.filter((name) => !said.has(name)),
    [],
  );
});
