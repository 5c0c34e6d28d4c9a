import { randomUUID } from 'node:crypto';
import { createAuthenticator } from '../auth/authenticate.ts';
import { Dispatcher } from '../http/dispatcher.ts';
import type { Answer, Call } from './call-route.ts';
import { callRoute } from './call-route.ts';
import type { GatewayUnderTest } from './gateway-under-test.ts';

/** Calls of the gateway's own route table without a socket. */
export function callerOf(under: GatewayUnderTest): (call: Call) => Promise<Answer> {
  const { logger, metrics, verifiers } = under.deps;
  const dispatcher = new Dispatcher({
    authenticator: createAuthenticator(verifiers, 'stepwright_0'),
    origins: { hosts: ['127.0.0.1'], allowedOrigins: [] },
    newRequestId: randomUUID,
    logger,
    metrics,
  });
  return (call) => callRoute(under.gateway.routes, dispatcher, call);
}
