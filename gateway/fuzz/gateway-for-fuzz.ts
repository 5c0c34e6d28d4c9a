import type { Log, Producer } from '../../topology/log/log.ts';
import { createGatewayUnderTest } from '../test-support/gateway-under-test.ts';
import type { GatewayUnderTest } from '../test-support/gateway-under-test.ts';

/** A gateway whose log takes everything and keeps nothing, so that what the heap holds is the gateway's own; rates do not stop the fuzzer early. */
export async function createGatewayForFuzz(): Promise<GatewayUnderTest> {
  const under = await createGatewayUnderTest();
  const rate = { tokensPerSec: 10_000_000, burstTokens: 10_000_000 };
  return createGatewayUnderTest({ log: forgetful(under.log), ingestLimits: { tenantRate: rate, deviceRate: rate } });
}

function forgetful(log: Log): Log {
  let next = 0n;
  const producer: Producer = { send: async (records) => records.map(() => (next += 1n)), close: async () => {} };
  return new Proxy(log, {
    get(target, name) {
      const member: unknown = name === 'openProducer' ? async () => producer : Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
