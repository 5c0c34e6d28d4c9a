import type { Route } from '../http/route.ts';
import { analyticsRoutes } from './analytics-routes.ts';
import { guideRoutes } from './guide-routes.ts';
import { identityRoutes } from './identity-routes.ts';
import { imageRoutes } from './image-routes.ts';
import { operatorRoutes } from './operator-routes.ts';
import type { ReadDeps } from './ports.ts';
import { sessionRoutes } from './session-routes.ts';

/** The routes that people and pages call. */
export function readRoutes(deps: ReadDeps): readonly Route[] {
  return [
    ...identityRoutes(),
    ...sessionRoutes(deps),
    ...guideRoutes(deps),
    ...imageRoutes(deps),
    ...analyticsRoutes(deps),
    ...operatorRoutes(deps),
  ];
}
