import { writeFileSync } from 'node:fs';
import { apiPage, expectedDocuments, openApiFile } from './api-documents.ts';

/** `node dist/gateway/test-support/write-api-documents.js`: brings docs/api.md and docs/openapi.json in line with the route table. */
const { page, openApi } = await expectedDocuments();
writeFileSync(apiPage, page);
writeFileSync(openApiFile, openApi);
