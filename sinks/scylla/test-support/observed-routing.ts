import { policies, type Client, type EmptyCallback, type ExecutionOptions, type Host, type HostMap, type types } from 'cassandra-driver';
import type { Routing } from '../scylla-options.ts';

/** Sees by which key each request looks for its node. What prepares statements and what the driver asks for itself is not seen. */
export class ObservedRouting extends policies.loadBalancing.LoadBalancingPolicy {
  readonly usual: Routing;
  /** One for each request, in order. Undefined: any node may be asked. */
  readonly keys: (Buffer | undefined)[] = [];
  #left = Number.POSITIVE_INFINITY;

  constructor(usual: Routing) {
    super();
    this.usual = usual;
  }

  /** So many more requests are done; every later one fails for good, before it is sent. */
  dieAfter(requestCount: number): void {
    this.#left = requestCount;
  }

  override init(client: Client, hosts: HostMap, callback: EmptyCallback): void {
    this.usual.init(client, hosts, callback);
  }

  override getDistance(host: Host): types.distance {
    return this.usual.getDistance(host);
  }

  override newQueryPlan(keyspace: string, request: ExecutionOptions, callback: (error: Error, iterator: Iterator<Host>) => void): void {
    if (isRequest(request)) {
      this.#left -= 1;
      if (this.#left < 0) {
        callback(new Error('died'), [].values());
        return;
      }
      const key = request.getRoutingKey();
      this.keys.push(Array.isArray(key) ? Buffer.concat(key) : (key ?? undefined));
    }
    this.usual.newQueryPlan(keyspace, request, callback);
  }
}

/** The driver's types leave out that it asks without one, when it prepares a statement. */
function isRequest(request: ExecutionOptions | null): boolean {
  return request !== null;
}
