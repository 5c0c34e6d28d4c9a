import type { Page, PageRequest } from '../../sinks/ports/views.ts';
import { Refusal } from '../http/refusal.ts';
import { answerJson } from '../http/route.ts';
import type { JsonSchema, ScopedRoute } from '../http/route.ts';
import { markCursor } from './list-cursor.ts';
import { pageParameters, readPageRequest } from './page-parameters.ts';

export interface ListRouteOptions {
  readonly path: string;
  readonly summary: string;
  readonly rowSchema: JsonSchema;
  readonly list: (tenantId: string, page: PageRequest) => Promise<Page<object>>;
}

/** A list of the tenant in pages. */
export function listRoute({ path, summary, rowSchema, list }: ListRouteOptions): ScopedRoute {
  const schema = {
    type: 'object',
    required: ['rows'],
    properties: { rows: { type: 'array', items: rowSchema }, cursor: { type: 'string', description: 'Absent on the last page.' } },
  };
  return {
    method: 'GET',
    path,
    access: 'read',
    document: {
      tag: 'read',
      summary,
      query: pageParameters,
      answers: { 200: { description: 'A page.', schema } },
      codes: ['CURSOR_INVALID'],
    },
    async handle({ principal: { tenantId }, query }) {
      const page = readPageRequest(query, { list: path, tenantId });
      if (page instanceof Refusal) return page;
      const { rows, cursor } = await list(tenantId, page);
      return answerJson(200, { rows, ...(cursor === undefined ? {} : { cursor: markCursor(path, tenantId, cursor) }) });
    },
  };
}
