/** A node of the topology as the operator's page gets it. */
export interface GraphNode {
  readonly name: string;
  readonly type: string;
  readonly topic?: string;
  readonly stores: readonly string[];
  readonly children: readonly string[];
}

export interface PlacedNode {
  readonly name: string;
  readonly type: string;
  /** Topic of a source or sink, stores of a processor. */
  readonly detail: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface GraphLayout {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly { readonly from: PlacedNode; readonly to: PlacedNode }[];
  readonly width: number;
  readonly height: number;
}

const nodeHeight = 50;
const rowGap = 40;
const columnGap = 24;
const characterWidth = 7.4;

/** Rows by longest path from a source, nodes of a row side by side and centred. Pixels. */
export function layOut(nodes: readonly GraphNode[]): GraphLayout {
  const rows = new Map<number, GraphNode[]>();
  const depths = depthsOf(nodes);
  for (const node of nodes) {
    const depth = depths.get(node.name) ?? 0;
    rows.set(depth, [...(rows.get(depth) ?? []), node]);
  }
  const widthOf = (row: readonly GraphNode[]): number => row.reduce((sum, node) => sum + nodeWidth(node) + columnGap, -columnGap);
  const width = Math.max(0, ...[...rows.values()].map(widthOf));
  const placed = new Map<string, PlacedNode>();
  for (const [depth, row] of rows) {
    let x = (width - widthOf(row)) / 2;
    for (const node of row) {
      placed.set(node.name, {
        name: node.name,
        type: node.type,
        detail: detailOf(node),
        x,
        y: depth * (nodeHeight + rowGap),
        width: nodeWidth(node),
        height: nodeHeight,
      });
      x += nodeWidth(node) + columnGap;
    }
  }
  return { nodes: [...placed.values()], edges: edgesOf(nodes, placed), width, height: rows.size * (nodeHeight + rowGap) - rowGap };
}

function depthsOf(nodes: readonly GraphNode[]): Map<string, number> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const depths = new Map<string, number>();
  const visit = (name: string, depth: number): void => {
    if (depth > nodes.length || (depths.get(name) ?? -1) >= depth) return;
    depths.set(name, depth);
    for (const child of byName.get(name)?.children ?? []) visit(child, depth + 1);
  };
  for (const node of nodes) if (node.type === 'source') visit(node.name, 0);
  return depths;
}

function edgesOf(nodes: readonly GraphNode[], placed: ReadonlyMap<string, PlacedNode>): GraphLayout['edges'] {
  return nodes.flatMap((node) =>
    node.children.flatMap((child) => {
      const from = placed.get(node.name);
      const to = placed.get(child);
      return from === undefined || to === undefined ? [] : [{ from, to }];
    }),
  );
}

function detailOf(node: GraphNode): string {
  return node.topic ?? (node.stores.length === 0 ? node.type : node.stores.join(', '));
}

function nodeWidth(node: GraphNode): number {
  return Math.max(120, Math.ceil(Math.max(node.name.length * characterWidth, detailOf(node).length * 6.4) + 28));
}
