/**
 * Statements that only a server runs, on the engine that is here: its parser takes every one of them, and its row filters, which are what a policy is made of,
 * are given the very conditions and grants of the policies by a file of users. What is left to a server: that a policy reaches its role, and what a cluster does.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readReports, rowsOf, samplesOf } from '../contract/analytics-samples.ts';
import { openSample } from '../contract/analytics-sink.ts';
import { migrate } from '../migrations.ts';
import { asWritten, onCluster } from './placed.ts';
import {
  analystTables,
  grantRoleStatement,
  runStatements,
  tenantAccessStatements,
  tenantCondition,
  tenantRefusalStatements,
} from './tenant-access.ts';

/** The part of the optional package that is used; a name that is not a literal, so that the build does not need the package. */
interface Engine {
  query(sql: string, format: string): string;
  close(): void;
}
interface ChdbModule {
  readonly Session: new (folder?: string, options?: { readonly connectionArgs: readonly string[] }) => Engine;
}
const chdbName: string = 'chdb';
const chdb: ChdbModule | undefined = await import(chdbName).catch(() => undefined);
const skip = chdb === undefined ? 'the optional package chdb is not installed' : false;

function open(folder?: string, connectionArgs: readonly string[] = []): Engine {
  assert(chdb !== undefined);
  return new chdb.Session(folder, { connectionArgs });
}

const quoted = (sql: string): string => `'${sql.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const nasty = "o'n\\'`; DROP TABLE stepwright.steps; --";

describe('statements of a server', { skip }, () => {
  let engine: Engine;
  before(() => (engine = open()));
  after(() => engine.close());

  /** The statement as ClickHouse understood it. @throws when it is none. */
  const understood = (sql: string): string => engine.query(`SELECT formatQuerySingleLine(${quoted(sql)})`, 'TSVRaw').trim();

  it('are all taken by the parser of ClickHouse, each on the cluster that was named', async () => {
    for (const cluster of [undefined, 'main', 'a`b']) {
      const statements: string[] = [];
      const collect = { command: async (sql: string) => void statements.push(sql) };
      const silent = { query: async () => [], insert: async () => {}, close: async () => {} };
      await migrate({ ...collect, ...silent }, cluster === undefined ? asWritten : onCluster(cluster));
      for (const tenantId of ['acme', nasty]) {
        await runStatements(collect, tenantAccessStatements({ tenantId, serviceUser: 'step`wright', cluster }));
        await runStatements(collect, [grantRoleStatement({ tenantId, user: "ann o'neil", cluster })]);
        await runStatements(collect, tenantRefusalStatements({ tenantId, cluster }));
      }
      assert.ok(statements.length > 90, `${statements.length} statements`);
      for (const sql of statements) {
        // Of a statement with no cluster the name would be understood as something else, or nothing; rows reach the replicas by themselves.
        const isPlaced = cluster !== undefined && !sql.startsWith('INSERT');
        assert.equal(/ ON CLUSTER (main|`a\\`b`)( |$)/.test(understood(sql)), isPlaced, sql);
      }
    }
  });

  it('hold a tenant id as one text, whatever is in it', () => {
    const [, policy = ''] =
      /( USING .* )AS PERMISSIVE/.exec(tenantAccessStatements({ tenantId: nasty, serviceUser: 's' }).at(-2) ?? '') ?? [];
    assert.equal(
      engine
        .query(`SELECT ${quoted(nasty)} AS tenant_id, ${policy.replace(' USING ', '')}`, 'TSVRaw')
        .trim()
        .split('\t')
        .at(-1),
      '1',
    );
  });

  it('would be refused if they were none', () => {
    const [role = '', policy = ''] = tenantAccessStatements({ tenantId: 'acme', serviceUser: 's' });
    for (const sql of [
      role.replace('ROLE', 'ROLL'),
      policy.replace(' USING 1', ' USING'),
      onCluster('a')('CREATE TABLE stepwright.x (a) ENGINE MergeTre('),
    ])
      assert.throws(() => understood(sql), /SYNTAX_ERROR/, sql);
  });
});

/** A file of users in which the one there is has what the role of the tenant has. */
async function configFor(tenantId: string, folder: string): Promise<string> {
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const statements = tenantAccessStatements({ tenantId, serviceUser: 'service' });
  const grants = statements.filter((sql) => sql.startsWith('GRANT')).map((sql) => `<query>${sql.replace(/ TO .*/, '')}</query>`);
  const filters = analystTables.map((table) => `<${table}><filter>${escaped(tenantCondition(tenantId))}</filter></${table}>`);
  const users = join(folder, 'users.xml');
  await writeFile(
    users,
    `<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users><default>
      <password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
      <grants>${grants.join('')}</grants><databases><stepwright>${filters.join('')}</stepwright></databases>
    </default></users></clickhouse>`,
  );
  await writeFile(join(folder, 'config.xml'), `<clickhouse><users_config>${users}</users_config></clickhouse>`);
  return `--config-file=${join(folder, 'config.xml')}`;
}

describe("the conditions and grants of a tenant's role", { skip }, () => {
  let folder = '';
  const data = (): string => join(folder, 'data');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepwright-tenant-'));
    const analytics = openSample({ folder: data() });
    await analytics.target?.apply({ rows: rowsOf(samplesOf(['acme', 'zeta', nasty])), ranges: [] });
    await readReports(analytics);
    await analytics.close();
  });
  after(() => rm(folder, { recursive: true }));

  /** One at a time has the folder, and it must not outlive a test that fails. */
  function withEngine<Result>(connectionArgs: readonly string[], body: (engine: Engine) => Result): Result {
    const engine = open(data(), connectionArgs);
    try {
      return body(engine);
    } finally {
      engine.close();
    }
  }

  for (const tenantId of ['acme', nasty]) {
    it(`let through the rows of ${tenantId} alone, in every table and past every detour`, async () => {
      const counts = (table: string): string => `SELECT countIf(tenant_id = ${quoted(tenantId)}), count() FROM stepwright.${table}`;
      const all = withEngine([], (engine) =>
        analystTables.map((table) => engine.query(counts(table), 'TSV').trim().split('\t').map(Number)),
      );
      const config = await configFor(tenantId, folder);
      withEngine([config], (analyst) => {
        for (const [index, table] of analystTables.entries()) {
          const name = `stepwright.${table}`;
          const detours = [
            name,
            `(SELECT * FROM ${name} UNION ALL SELECT * FROM ${name})`,
            `(SELECT b.tenant_id AS tenant_id FROM ${name} AS a CROSS JOIN ${name} AS b)`,
            `merge('stepwright', '^${table}$')`,
          ];
          for (const from of detours)
            assert.deepEqual(
              analyst.query(`SELECT DISTINCT tenant_id FROM ${from}`, 'JSONEachRow').trim(),
              JSON.stringify({ tenant_id: tenantId }),
              from,
            );
          const [ofTenant = 0, ofAll = 0] = all[index] ?? [];
          assert.ok(ofTenant > 0 && ofTenant < ofAll, `${table}: ${ofTenant} of ${ofAll}`);
          assert.equal(Number(analyst.query(`SELECT count() FROM ${name}`, 'TSV')), ofTenant, table);
        }
      });
    });
  }

  it('let nothing else be read and nothing be written', async () => {
    const config = await configFor('acme', folder);
    const refused = [
      'SELECT * FROM stepwright.processor_times',
      'SELECT * FROM stepwright.changes',
      "INSERT INTO stepwright.guides (tenant_id) VALUES ('acme')",
      "ALTER TABLE stepwright.guides DELETE WHERE tenant_id = 'zeta'",
      'DROP TABLE stepwright.guides',
      "SELECT * FROM remote('127.0.0.1', stepwright.guides)",
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    ];
    withEngine([config], (analyst) => {
      for (const sql of refused) assert.throws(() => analyst.query(sql, 'TSV'), /ACCESS_DENIED/, sql);
    });
  });
});
