import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tenantReports } from '../../ports/analytics.ts';
import { migrations } from '../migrations.ts';
import { boundScope, reportSql } from '../queries.ts';
import { asWritten, onCluster, quoteName, quoteText } from './placed.ts';
import { analystTables, tenantAccessStatements, tenantRole } from './tenant-access.ts';

const statements = migrations.flatMap((migration) => migration.statements);

describe('the schema on a cluster', () => {
  it('is made on every replica, with replicated engines and their own deduplication window', () => {
    for (const statement of statements) {
      const placed = onCluster('main')(statement);
      // Rows reach the replicas by themselves.
      if (statement.startsWith('INSERT')) assert.equal(placed, statement);
      else
        assert.match(
          placed,
          /^(CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS|DROP (TABLE|VIEW) IF EXISTS|ALTER TABLE) stepwright\.\w+ ON CLUSTER `main`/,
        );
      if (statement.startsWith('CREATE TABLE')) assert.match(placed, /ENGINE = Replicated\w*MergeTree/);
      assert.doesNotMatch(placed, /non_replicated|ENGINE = (Merge|Replacing|Aggregating)/);
    }
    assert.equal(
      onCluster('a`b')('CREATE DATABASE IF NOT EXISTS stepwright'),
      'CREATE DATABASE IF NOT EXISTS stepwright ON CLUSTER `a\\`b`',
    );
  });

  it('is the same SQL on a single server as on the embedded engine', () => {
    for (const statement of statements) assert.equal(asWritten(statement), statement);
  });
});

describe("a tenant's role", () => {
  it('has another name for every tenant, whatever the id holds', () => {
    const ids = ['acme', 'Acme', 'a-b', 'a_b', 'a b', "a'; DROP TABLE x; --", 'x'.repeat(80), 'x'.repeat(81)];
    const names = ids.map(tenantRole);
    assert.equal(new Set(names).size, ids.length);
    for (const name of names) assert.match(name, /^stepwright_tenant_[A-Za-z0-9_.]+$/);
  });

  it('reaches every table that a report of a tenant reads', () => {
    const read = tenantReports.flatMap((report) =>
      [...reportSql(report, boundScope).matchAll(/stepwright\.(\w+)/g)].map(([, table = '']) => table),
    );
    assert.ok(read.length >= tenantReports.length);
    const known: readonly string[] = analystTables;
    for (const table of read) assert.ok(known.includes(table), table);
  });

  it('sees its own rows only, by a condition that no id can leave, and the service goes on seeing all', () => {
    const tenantId = "a'\\";
    const made = tenantAccessStatements({ tenantId, serviceUser: 'stepwright' });
    const policies = made.filter((statement) => statement.startsWith('CREATE ROW POLICY'));
    const role = quoteName(tenantRole(tenantId));
    const own = policies.filter((statement) => statement.endsWith(`USING tenant_id = 'a\\'\\\\' AS PERMISSIVE TO ${role}`));
    const service = policies.filter((statement) => statement.endsWith('USING 1 AS PERMISSIVE TO `stepwright`'));
    const tablesOf = (statements: readonly string[]): readonly string[] =>
      statements.map((statement) => / ON stepwright\.(\w+) /.exec(statement)?.[1] ?? '').toSorted();
    const granted = made.filter((statement) => statement.startsWith('GRANT SELECT') && statement.endsWith(` TO ${role}`));
    for (const statements of [own, service, granted]) assert.deepEqual(tablesOf(statements), analystTables.toSorted());
    assert.equal(own.length + service.length, policies.length);
    assert.equal(own.length, service.length);
    assert.equal(quoteText("'"), "'\\''");
    assert.equal(quoteName('a.b'), '`a.b`');
  });
});
