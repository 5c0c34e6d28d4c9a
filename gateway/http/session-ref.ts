import { identifierPattern } from '../auth/principal.ts';
import type { JsonSchema, ScopedRequest } from './route.ts';

export interface SessionRef {
  readonly tenantId: string;
  readonly sessionId: string;
}

/** Of every path with `{sessionId}`. */
export const sessionParams: Readonly<Record<string, JsonSchema>> = { sessionId: { type: 'string', pattern: identifierPattern } };

/** The session that a path names, in the caller's tenant and no other. */
export function refOf(request: ScopedRequest): SessionRef {
  return { tenantId: request.principal.tenantId, sessionId: request.params['sessionId'] ?? '' };
}
