import { answerJson } from '../http/route.ts';
import type { ScopedRoute } from '../http/route.ts';

/** Who the caller is, so that a page can hide what it may not do. */
export function identityRoutes(): readonly ScopedRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/me',
      access: 'read',
      document: {
        tag: 'read',
        summary: 'Tenant and role of the key.',
        answers: {
          200: {
            description: 'The principal.',
            schema: {
              type: 'object',
              properties: { tenantId: { type: 'string' }, role: { enum: ['viewer', 'editor', 'admin'] }, operator: { type: 'boolean' } },
            },
          },
        },
      },
      handle: async ({ principal: { tenantId, role, operator } }) => answerJson(200, { tenantId, role, operator }),
    },
  ];
}
