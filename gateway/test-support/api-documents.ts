import { readFileSync } from 'node:fs';
import { codeTable, fillMarks, routeTable } from '../http/api-doc.ts';
import { openApiDocument } from '../http/openapi.ts';
import { createGatewayUnderTest } from './gateway-under-test.ts';

export const apiPage: URL = new URL('../../../docs/api.md', import.meta.url);
export const openApiFile: URL = new URL('../../../docs/openapi.json', import.meta.url);

/** Both documents as the route table wants them. */
export async function expectedDocuments(): Promise<{ readonly page: string; readonly openApi: string }> {
  const { gateway } = await createGatewayUnderTest();
  const withCodes = fillMarks(readFileSync(apiPage, 'utf8'), 'codes', codeTable());
  return {
    page: fillMarks(withCodes, 'routes', routeTable(gateway.routes)),
    openApi: `${JSON.stringify(openApiDocument(gateway.routes, '1'), null, 2)}\n`,
  };
}
