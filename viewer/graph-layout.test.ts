import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { layOut, type GraphNode } from './graph-layout.ts';

const node = (name: string, type: string, children: readonly string[]): GraphNode => ({ name, type, stores: [], children });

test('an edge that passes rows keeps clear of the nodes in them', () => {
  const nodes = [
    node('events', 'source', ['split']),
    node('split', 'processor', ['ahead', 'pictures']),
    node('pictures', 'processor', ['redact']),
    node('ahead', 'processor', ['title']),
    node('redact', 'processor', ['title']),
    node('title', 'processor', ['out', 'late']),
    node('late', 'processor', []),
    node('out', 'sink', []),
  ];
  const { nodes: placed, edges } = layOut(nodes);
  assert.equal(edges.length, 8);
  const passing = edges.filter((points) => points.length > 2);
  assert.equal(passing.length, 1);
  for (const points of passing) {
    for (const { x, y } of points.slice(1, -1)) {
      assert.ok(
        placed.every((box) => x < box.x || x > box.x + box.width || y < box.y || y > box.y + box.height),
        `(${x}, ${y})`,
      );
    }
  }
});

test('whatever the graph, all nodes stand inside, apart from each other, and each edge leads down from one to another', () => {
  const graphs = fc.array(fc.array(fc.nat(11), { maxLength: 4 }), { minLength: 1, maxLength: 12 }).map((rows) => {
    const children = rows.map((row, at) => [...new Set(row.filter((to) => to > at && to < rows.length))]);
    const isSource = (at: number): boolean => !children.some((row) => row.includes(at));
    return children.map((row, at) =>
      node(
        `n${at}`,
        isSource(at) ? 'source' : 'processor',
        row.map((to) => `n${to}`),
      ),
    );
  });
  fc.assert(
    fc.property(graphs, (nodes) => {
      const { nodes: placed, edges, width, height } = layOut(nodes);
      assert.equal(placed.length, nodes.length);
      for (const box of placed) {
        assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width + 0.01 && box.y + box.height <= height);
        for (const other of placed) {
          assert.ok(other === box || other.y !== box.y || other.x >= box.x + box.width || box.x >= other.x + other.width);
        }
      }
      assert.equal(edges.length, nodes.flatMap(({ children }) => children).length);
      for (const points of edges) {
        assert.ok(points.length >= 2 && points.every(({ y }, at) => at === 0 || y > (points[at - 1]?.y ?? 0)));
      }
    }),
  );
});
