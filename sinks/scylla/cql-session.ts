import { auth, Client, policies, types } from 'cassandra-driver';
import type { ClientOptions } from 'cassandra-driver';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { ForgottenNodes, type Node } from './forgotten-nodes.ts';
import { RequestGate } from './request-gate.ts';
import { viewError } from './scylla-errors.ts';
import type { ConsistencyName, ScyllaConnection } from './scylla-options.ts';

export type CqlValue = string | number | bigint | Buffer | undefined;
export interface Statement {
  readonly query: string;
  readonly params: readonly CqlValue[];
}
/** A row by column names. */
export type CqlRow = Readonly<Record<string, unknown>>;

export interface CqlSessionOptions extends ScyllaConnection {
  readonly maxInFlight?: number;
  readonly logger?: Logger;
}

const consistencies: Readonly<Record<ConsistencyName, types.consistencies>> = {
  'local-one': types.consistencies.localOne,
  'local-quorum': types.consistencies.localQuorum,
  quorum: types.consistencies.quorum,
  'each-quorum': types.consistencies.eachQuorum,
  all: types.consistencies.all,
};

const unlogged = { logged: false };
const reconnectFirstMs = 100;
const reconnectMaxMs = 5_000;
const agreementWithinSeconds = 30;
const schemaTimeoutMs = 60_000;
const rowsPerPage = 1_000;

/**
 * The connections to the nodes. Every statement is prepared and repeatable: writes carry their timestamps. Requests go to a node that has the partition,
 * in the local data centre. What it throws is classified (scylla-errors.ts).
 */
export class CqlSession {
  readonly #client: Client;
  readonly #forgotten: ForgottenNodes;
  readonly #gate: RequestGate;

  private constructor(client: Client, forgotten: ForgottenNodes, maxInFlight: number) {
    this.#client = client;
    this.#forgotten = forgotten;
    this.#gate = new RequestGate(maxInFlight);
  }

  /**
   * `keyspace: undefined` connects to none, for looking whether it is there.
   * @throws {VIEW_UNAVAILABLE | VIEW_ACCESS_DENIED | CONFIG_INVALID}
   */
  static async connect(options: Omit<CqlSessionOptions, 'keyspace'> & { readonly keyspace: string | undefined }): Promise<CqlSession> {
    const client = new Client(clientOptions(options));
    client.on('hostDown', (host: { readonly address: string }) => options.logger?.warn({ node: host.address }, 'a Scylla node is away'));
    client.on('hostUp', (host: { readonly address: string }) => options.logger?.info({ node: host.address }, 'a Scylla node is back'));
    const forgotten = new ForgottenNodes();
    client.on('hostRemove', (host: Node) => forgotten.add(host));
    try {
      await client.connect();
    } catch (error) {
      await client.shutdown().catch(() => undefined);
      throw connectError(error, options);
    }
    return new CqlSession(client, forgotten, options.maxInFlight ?? 128);
  }

  /** All rows, page by page. */
  select(query: string, params: readonly CqlValue[]): Promise<readonly CqlRow[]> {
    return this.#classified(async () => {
      const found: CqlRow[] = [];
      for await (const row of await this.#client.execute(query, [...params])) found.push(row);
      return found;
    });
  }

  async write({ query, params }: Statement): Promise<void> {
    await this.#classified(() => this.#client.execute(query, [...params]));
  }

  /** Of one partition, so that all of it stands or nothing: the servers make one write of it. */
  async writeTogether(statements: readonly Statement[]): Promise<void> {
    const [only] = statements;
    if (only === undefined) return;
    if (statements.length === 1) {
      await this.write(only);
      return;
    }
    const batch = statements.map(({ query, params }) => ({ query, params: [...params] }));
    await this.#classified(() => this.#client.batch(batch, unlogged));
  }

  /** A conditional write (LWT). Answers whether its condition held. */
  async writeIf({ query, params }: Statement): Promise<boolean> {
    const result = await this.#classified(() => this.#client.execute(query, [...params], { isIdempotent: false }));
    return result.wasApplied();
  }

  /** Changes the schema; resolves when all nodes have the same one. @throws {VIEW_UNAVAILABLE} when they do not agree in time. */
  async changeSchema(query: string): Promise<void> {
    const result = await this.#classified(() =>
      this.#client.execute(query, [], { prepare: false, isIdempotent: false, readTimeout: schemaTimeoutMs }),
    );
    // The driver's types leave this property out of its documented answer.
    if ('isSchemaInAgreement' in result.info && result.info.isSchemaInAgreement === true) return;
    const message = `The Scylla nodes did not agree on the schema within ${agreementWithinSeconds} s; it is safe to start again.`;
    throw new StepwrightError('VIEW_UNAVAILABLE', message, { disposition: 'retry' });
  }

  async close(): Promise<void> {
    await this.#client.shutdown();
    this.#forgotten.end();
  }

  async #classified<Result>(request: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#gate.run(request);
    } catch (error) {
      throw viewError(error);
    }
  }
}

function clientOptions(options: Omit<CqlSessionOptions, 'keyspace'> & { readonly keyspace: string | undefined }): ClientOptions {
  const { contactPoints, localDataCenter, keyspace, credentials, tls, requestTimeoutMs = 10_000, routing = (usual) => usual } = options;
  return {
    contactPoints: [...contactPoints],
    ...(keyspace !== undefined && { keyspace }),
    ...(credentials && { authProvider: new auth.PlainTextAuthProvider(credentials.user, credentials.password) }),
    ...(tls && { sslOptions: { rejectUnauthorized: true, ...(tls.ca !== undefined && { ca: [tls.ca] }) } }),
    // The data centre is named here only: where the driver itself looks for one that is not there, it leaves its connection open (4.10.0).
    // Prepared statements say by which columns a partition is found, so a request goes to one of its nodes.
    policies: {
      loadBalancing: routing(
        new policies.loadBalancing.TokenAwarePolicy(new policies.loadBalancing.DCAwareRoundRobinPolicy(localDataCenter)),
      ),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(reconnectFirstMs, reconnectMaxMs),
    },
    queryOptions: {
      consistency: consistencies[options.consistency ?? 'local-quorum'],
      serialConsistency: types.consistencies.localSerial,
      isIdempotent: true,
      prepare: true,
      fetchSize: rowsPerPage,
    },
    encoding: { useBigIntAsLong: true },
    socketOptions: { readTimeout: requestTimeoutMs, connectTimeout: 5_000 },
    protocolOptions: { maxSchemaAgreementWaitSeconds: agreementWithinSeconds },
    prepareOnAllHosts: false,
  };
}

function connectError(
  error: unknown,
  { contactPoints, localDataCenter }: Pick<ScyllaConnection, 'contactPoints' | 'localDataCenter'>,
): StepwrightError {
  const text = error instanceof Error ? error.message : String(error);
  if (/data ?center .* was not found/i.test(text)) {
    const message = `No Scylla node is in the data centre "${localDataCenter}": ${text}`;
    return new StepwrightError('CONFIG_INVALID', message, { cause: error });
  }
  const known = viewError(error);
  if (known.code !== 'VIEW_UNAVAILABLE') return known;
  const message = `No Scylla node answers at ${contactPoints.join(', ')}.`;
  return new StepwrightError('VIEW_UNAVAILABLE', message, { disposition: 'retry', cause: error });
}
