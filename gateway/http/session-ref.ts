import type { ScopedRequest } from './route.ts';

export interface SessionRef {
  readonly tenantId: string;
  readonly sessionId: string;
}

/** The session that a path names, in the caller's tenant and no other. */
export function refOf(request: ScopedRequest): SessionRef {
  return { tenantId: request.principal.tenantId, sessionId: request.params['sessionId'] ?? '' };
}
