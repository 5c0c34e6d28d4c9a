import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ChildClient } from '../../../sinks/clickhouse/child/child-client.ts';
import { rowsOf, sampleRange, sampleReports, sampleSerdes, samples } from '../../../sinks/clickhouse/contract/analytics-samples.ts';
import { openSample } from '../../../sinks/clickhouse/contract/analytics-sink.ts';
import { openAnalytics } from '../../../sinks/clickhouse/open-analytics.ts';
import { reportSql } from '../../../sinks/clickhouse/queries.ts';
import { reportNames } from '../../../sinks/ports/analytics.ts';
import type { SqlPanel } from './board.ts';
import { boards } from './boards.ts';
import { boardScope, productBoard } from './product-board.ts';
import { renderBoard, tenantSql } from './render.ts';

const isInstalled = openAnalytics({ folder: 'unused' }, sampleSerdes).reader.available;
const skip = isInstalled ? {} : { skip: 'the optional package chdb is not installed' };

const panels: readonly SqlPanel[] = Object.values(boards).flatMap(({ rows }) =>
  rows.flatMap((row) => row.panels.flatMap((panel) => (panel.kind === 'lines' ? [] : [panel]))),
);

/** As Grafana fills its variables in: `sqlstring` quotes, times are milliseconds. */
function filledIn(sql: string, tenant: string): string {
  const filled = sql
    .replaceAll('${tenant:sqlstring}', `'${tenant.replaceAll("'", "''")}'`)
    .replaceAll('${__from}', String(sampleRange.fromMs))
    .replaceAll('${__to}', String(sampleRange.toMs));
  assert.doesNotMatch(filled, /\$\{|\$__/);
  return filled;
}

describe('the SQL of the boards on the engine of ClickHouse', skip, () => {
  let folder = '';
  let client: ChildClient | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepwright-boards-'));
    const analytics = openSample({ folder });
    await analytics.target?.apply({ rows: rowsOf(samples), ranges: [] });
    // The first question counts what came last.
    await analytics.reader.report('acme', 'sessions', sampleRange);
    await analytics.close();
    client = new ChildClient(folder);
  });

  after(async () => {
    await client?.close();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  async function rowsFor(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await client?.query(`${sql} SETTINGS output_format_json_quote_64bit_integers = 0`)) ?? [];
  }

  for (const { title, sql, columns } of panels) {
    test(`${title}: the numbers of the report that the viewer shows, in the columns that are drawn`, async () => {
      const name = reportNames.find((report) => reportSql(report, boardScope) === sql);
      assert.ok(name !== undefined);
      const rows = await rowsFor(filledIn(sql, 'acme'));
      assert.deepEqual(rows, sampleReports[name]);
      for (const column of columns === undefined ? [] : [columns.name, ...columns.drawn])
        assert.ok(Object.hasOwn(rows[0] ?? {}, column), column);
    });
  }

  test("a tenant's name is a text to the engine, whatever is in it", async () => {
    for (const { title, sql } of panels.filter((panel) => panel.sql.includes('${tenant'))) {
      assert.deepEqual(await rowsFor(filledIn(sql, "acme' OR 1=1 --")), [], title);
    }
  });

  test('the page offers the tenants that there are', async () => {
    assert.ok(renderBoard(productBoard).includes(tenantSql));
    assert.deepEqual(await rowsFor(tenantSql), [{ tenant_id: 'acme' }]);
  });
});
