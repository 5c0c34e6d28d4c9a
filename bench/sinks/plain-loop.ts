import { Client, policies, types } from 'cassandra-driver';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createSealer, sealOverheadBytes } from '../../schemas/sealed.ts';
import type { SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { ViewBatch } from '../../sinks/ports/views.ts';
import type { Statement } from '../../sinks/scylla/cql-session.ts';
import { RequestGate } from '../../sinks/scylla/request-gate.ts';
import * as cql from '../../sinks/scylla/statements.ts';
import { groupBySession, type SessionRows } from '../../sinks/views/session-rows.ts';

export interface PlainLoop {
  apply(batch: ViewBatch): Promise<void>;
  close(): Promise<void>;
}

/**
 * The cheapest program that makes the same writes: no look at what stands, no revisions, no stamps to compute; one seal a row, or none (bodies are then as long as
 * sealed ones). The same statements, prepared, token-aware, with the same bound on requests under way.
 */
export async function openPlainLoop(place: {
  readonly contactPoint: string;
  readonly localDataCenter: string;
  readonly keyspace: string;
  readonly edition: string;
  readonly maxInFlight: number;
  /** Seals each row, as a program must that may keep these rows (ADR 0008). */
  readonly seals: boolean;
}): Promise<PlainLoop> {
  const { contactPoint, localDataCenter, keyspace, edition, maxInFlight } = place;
  const bodyOf = place.seals ? sealer() : padded;
  const client = new Client({
    contactPoints: [contactPoint],
    localDataCenter,
    keyspace,
    policies: {
      loadBalancing: new policies.loadBalancing.TokenAwarePolicy(new policies.loadBalancing.DCAwareRoundRobinPolicy(localDataCenter)),
    },
    queryOptions: { prepare: true, consistency: types.consistencies.localQuorum, isIdempotent: true },
    encoding: { useBigIntAsLong: true },
  });
  await client.connect();
  const gate = new RequestGate(maxInFlight);
  const write = ({ query, params }: Statement): Promise<unknown> => gate.run(() => client.execute(query, [...params]));
  const months = new Set<number>();
  const writeSession = async (rows: SessionRows, nextOffset: bigint): Promise<void> => {
    const at = { tenantId: rows.tenantId, sessionId: rows.sessionId, edition };
    const mark = { stamp: nextOffset, ttlSeconds: 0 };
    const { session } = rows;
    const statements: { query: string; params: unknown[] }[] = [];
    const add = ({ query, params }: Statement): void => void statements.push({ query, params: [...params] });
    if (session !== undefined) {
      const month = cql.monthOf(session.openedAtMs);
      if (!months.has(month)) await write(cql.putMonth(rows.tenantId, edition, month));
      months.add(month);
      const row = { revision: session.revision, openedAtMs: session.openedAtMs, body: bodyOf(session) };
      await write(cql.putListed('session_list', at, row, mark));
      add(cql.putSession(at, row, mark));
    }
    for (const step of rows.steps.values()) {
      add(cql.putRow(at, { kind: cql.kinds.step, rowId: step.stepId, revision: step.revision, body: bodyOf(step) }, mark));
    }
    add(cql.putSessionPosition(at, 0, nextOffset, mark));
    await gate.run(() => client.batch(statements, { prepare: true, logged: false }));
  };
  return {
    apply: async (batch) => {
      const nextOffset = batch.positions[0]?.nextOffset ?? 0n;
      await Promise.all(groupBySession(batch).map((rows) => writeSession(rows, nextOffset)));
      await Promise.all(batch.positions.map((position) => write(cql.putPosition(edition, { ...position, epoch: 0 }, nextOffset))));
    },
    close: () => client.shutdown(),
  };
}

type Row = SessionUpsert | StepUpsert;

function padded(row: Row): Buffer {
  return Buffer.concat([Buffer.from(JSON.stringify(row)), Buffer.alloc(sealOverheadBytes)]);
}

function sealer(): (row: Row) => Buffer {
  const { seal } = createSealer(createMemoryKeyring('bench'));
  return (row) => {
    const scope = `${row.tenantId}/${row.sessionId}`;
    return seal(scope, Buffer.from(JSON.stringify(row)), Buffer.from(scope));
  };
}
