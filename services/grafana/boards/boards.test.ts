import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { repositoryRoot } from '../../cache-folder.ts';
import { exportedMetrics, labelsIn, metricsIn } from '../../test-support/exported-metrics.ts';
import type { Board, MetricPanel, Panel } from './board.ts';
import { boards } from './boards.ts';
import { dataSources, renderBoard } from './render.ts';

const grafana = join(repositoryRoot(), 'services', 'grafana');
const exported = await exportedMetrics();
const allBoards: readonly [string, Board][] = Object.entries(boards);

function panelsOf({ rows }: Board): readonly Panel[] {
  return rows.flatMap(({ panels }) => panels);
}

function isMetricPanel(panel: Panel): panel is MetricPanel {
  return panel.kind === 'lines';
}

describe('boards', () => {
  test('the metrics of the code were found: enough of them, of every kind, with their labels', () => {
    assert.ok(exported.size > 60, `${exported.size} names`);
    assert.ok(exported.get('stepwright_commit_latency_seconds_bucket')?.has('task'));
    assert.ok(exported.get('stepwright_sink_lag_records')?.has('partition'));
    assert.ok(exported.has('stepwright_process_resident_memory_bytes'));
  });

  for (const [file, board] of allBoards) {
    test(`${file} is what the code says; npm run boards writes it`, () => {
      assert.equal(readFileSync(join(grafana, 'dashboards', file), 'utf8'), renderBoard(board));
    });

    test(`${file} asks only for metrics and labels that the code exports`, () => {
      const queries = panelsOf(board)
        .filter(isMetricPanel)
        .flatMap((panel) => panel.queries);
      assert.ok(queries.length > 0);
      for (const { expr, legend } of queries) {
        const names = metricsIn(expr);
        assert.ok(names.length > 0, expr);
        for (const name of names) assert.ok(exported.has(name), `${name} in ${expr}`);
        const labels = new Set(names.flatMap((name) => [...(exported.get(name) ?? [])]));
        const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        for (const label of [...labelsIn(expr), ...shown]) assert.ok(labels.has(label), `label ${label} of ${expr}`);
      }
    });

    test(`${file} says of every panel what it is for, once`, () => {
      const titles = panelsOf(board).map(({ title }) => title);
      assert.equal(new Set(titles).size, titles.length);
      for (const { description } of panelsOf(board)) assert.match(description, /\.$/);
    });
  }

  test('no panel lies over another', () => {
    for (const [file, board] of allBoards) {
      const cells = new Set<string>();
      const { panels }: { panels: readonly { gridPos: { x: number; y: number; w: number; h: number } }[] } = JSON.parse(renderBoard(board));
      for (const { x, y, w, h } of panels.map(({ gridPos }) => gridPos)) {
        assert.ok(x + w <= 24);
        for (let row = y; row < y + h; row += 1)
          for (let column = x; column < x + w; column += 1) {
            const cell = `${column}/${row}`;
            assert.ok(!cells.has(cell), `${file}: ${cell} twice`);
            cells.add(cell);
          }
      }
    }
  });

  test('Grafana is provisioned with the sources that the boards name, and with every file', () => {
    const { datasources }: { datasources: readonly { uid: string; type: string }[] } = parse(
      readFileSync(join(grafana, 'provisioning', 'datasources', 'stepwright.yml'), 'utf8'),
    );
    const wanted = Object.values(dataSources).map(({ type, uid }) => ({ type, uid }));
    assert.deepEqual(
      datasources.map(({ type, uid }) => ({ type, uid })),
      wanted,
    );
    assert.deepEqual(readdirSync(join(grafana, 'dashboards')).sort(), Object.keys(boards).sort());
  });
});
