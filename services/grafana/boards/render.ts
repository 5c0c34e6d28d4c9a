import type { Board, Panel, SqlPanel } from './board.ts';

const columnCount = 24;
const panelSize = { w: 12, h: 8 } as const;

/** Uids of provisioning/datasources. */
export const dataSources = {
  prometheus: { type: 'prometheus', uid: 'stepwright-prometheus' },
  clickhouse: { type: 'grafana-clickhouse-datasource', uid: 'stepwright-clickhouse' },
} as const;

/** Text of the file that Grafana is provisioned with. */
export function renderBoard({ uid, title, description, rows, hasTenant }: Board): string {
  const board = {
    uid,
    title,
    description,
    tags: ['stepwright'],
    editable: false,
    schemaVersion: 41,
    version: 1,
    refresh: '30s',
    time: hasTenant ? { from: 'now-30d', to: 'now' } : { from: 'now-1h', to: 'now' },
    timezone: 'utc',
    templating: { list: hasTenant ? [tenantVariable()] : [] },
    panels: placed(rows),
  };
  return `${JSON.stringify(board, undefined, 2)}\n`;
}

function placed(rows: Board['rows']): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: columnCount, h: 1 },
      panels: [],
    });
    y += 1;
    row.panels.forEach((panel, index) => {
      const x = (index * panelSize.w) % columnCount;
      if (index > 0 && x === 0) y += panelSize.h;
      panels.push({ id: panels.length + 1, ...rendered(panel), gridPos: { x, y, ...panelSize } });
    });
    y += panelSize.h;
  }
  return panels;
}

function rendered(panel: Panel): object {
  const { title, description, unit } = panel;
  const common = { title, description, fieldConfig: { defaults: { unit, min: 0 }, overrides: [] } };
  if (panel.kind !== 'lines') return { ...common, ...sqlPart(panel) };
  const targets = panel.queries.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: dataSources.prometheus,
    expr,
    legendFormat: legend,
    range: true,
  }));
  return {
    ...common,
    type: 'timeseries',
    datasource: dataSources.prometheus,
    options: { legend: { displayMode: 'list', placement: 'bottom' } },
    targets,
  };
}

function sqlPart({ kind, sql, columns }: SqlPanel): object {
  const options =
    kind === 'table' || columns === undefined
      ? { showHeader: true }
      : { xField: columns.name, legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } };
  const hidden =
    columns === undefined ? [] : [{ id: 'filterFieldsByName', options: { include: { names: [columns.name, ...columns.drawn] } } }];
  return {
    type: kind === 'bars' ? 'barchart' : 'table',
    datasource: dataSources.clickhouse,
    options,
    transformations: hidden,
    targets: [sqlTarget(sql)],
  };
}

/** `format: 1` is a table. */
function sqlTarget(rawSql: string): object {
  return { refId: 'A', datasource: dataSources.clickhouse, editorType: 'sql', queryType: 'table', format: 1, rawSql };
}

function tenantVariable(): object {
  const query = tenantSql;
  return {
    name: 'tenant',
    label: 'Tenant',
    type: 'query',
    datasource: dataSources.clickhouse,
    query,
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: false,
  };
}

/** The names to choose from. */
export const tenantSql = 'SELECT DISTINCT tenant_id FROM stepwright.sessions ORDER BY tenant_id';
