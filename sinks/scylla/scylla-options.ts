import type { policies } from 'cassandra-driver';
import type { SealKeys } from '../../schemas/sealed.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { TopicPartition } from '../../topology/log/log.ts';

/** Says which nodes a request is offered to, and in which order. */
export type Routing = policies.loadBalancing.LoadBalancingPolicy;

/** How many copies must have a write, or answer a read. `local-…` counts those of the local data centre only. */
export const consistencyNames = ['local-one', 'local-quorum', 'quorum', 'each-quorum', 'all'] as const;
export type ConsistencyName = (typeof consistencyNames)[number];

export interface ScyllaConnection {
  /** `host:port` of some nodes; the others are found through them. */
  readonly contactPoints: readonly string[];
  /** Requests go to nodes of this data centre only. */
  readonly localDataCenter: string;
  readonly keyspace: string;
  readonly credentials?: { readonly user: string; readonly password: string };
  /** `ca`: PEM text of the authority that signed the nodes' certificates; the system's own when undefined. */
  readonly tls?: { readonly ca: string | undefined };
  /** Writes that a majority has are seen by reads that ask a majority. Default `local-quorum`. */
  readonly consistency?: ConsistencyName;
  /** Default 10,000. */
  readonly requestTimeoutMs?: number;
  /** Puts another routing around the usual one: first the nodes that have the partition, in the local data centre. Asked once for each connection. */
  readonly routing?: (usual: Routing) => Routing;
}

export interface ScyllaViewsOptions extends ScyllaConnection {
  /** Makes the keyspace when it is missing, with so many copies in the local data centre. Without it a missing keyspace is refused. */
  readonly replicationFactor?: number;
  /** Whose rows are written and read. Default `live`. */
  readonly edition?: string;
  /** Ids of the output topics. When one is not the stored one, offsets have begun anew: the epoch rises and everything is read again. */
  readonly topicIds?: ReadonlyMap<string, string>;
  /** Seconds after which a tenant's rows that are not written again are gone; 0 keeps them. Default 0. */
  readonly ttlSecondsOf?: (tenantId: string) => number;
  /** Requests under way at once. Default 128. */
  readonly maxInFlight?: number;
  /** Rows of which the writer remembers the revision, so that it need not ask. Default 200,000, about 40 MB. */
  readonly rememberedRowCount?: number;
  readonly livePartitionOf: (tenantId: string, sessionId: string) => TopicPartition;
  /** Seals rows under their session's key: files and backups of the servers keep deleted rows for days. */
  readonly keyring: SealKeys;
  readonly clock: Clock;
  readonly logger?: Logger;
}

/** Stands where an edition could: rows under it say that the session was forgotten, in all editions. */
export const forgottenEdition = '-';

/** @throws {CONFIG_INVALID} naming what cannot be a name: it becomes part of statements. */
export function checkNames({ keyspace, edition = '' }: ScyllaViewsOptions): void {
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(keyspace)) {
    const message = `The keyspace "${keyspace}" is no name of 1 to 48 lower-case letters, digits and underscores that begins with a letter.`;
    throw new StepwrightError('CONFIG_INVALID', message);
  }
  if (edition === forgottenEdition) throw new StepwrightError('CONFIG_INVALID', `An edition cannot be named "${edition}".`);
}
