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

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface GraphLayout {
  readonly nodes: readonly PlacedNode[];
  /** From the bottom of one node to the top of another, in pairs: curved between the rows, straight through a row that is passed. */
  readonly edges: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
}

/** What takes room in a row: a node, or the way of an edge that passes the row. */
interface Slot {
  readonly node: GraphNode | undefined;
  readonly width: number;
  readonly parents: readonly Slot[];
}

const nodeHeight = 50;
const rowGap = 40;
const columnGap = 24;
const passWidth = 8;
const characterWidth = 7.4;

/** Rows by longest path from a source; in a row each stands under the middle of what leads to it, and edges pass between nodes. Pixels. */
export function layOut(nodes: readonly GraphNode[]): GraphLayout {
  const { rows, edges } = rowsOf(nodes);
  const widthOf = (row: readonly Slot[]): number => row.reduce((sum, slot) => sum + slot.width + columnGap, -columnGap);
  const width = Math.max(0, ...rows.map(widthOf));
  const places = new Map<Slot, Point>();
  const centreOf = (slot: Slot): number => (places.get(slot)?.x ?? 0) + slot.width / 2;
  for (const [depth, row] of rows.entries()) {
    let x = (width - widthOf(row)) / 2;
    for (const slot of inOrder(row, centreOf)) {
      places.set(slot, { x, y: depth * (nodeHeight + rowGap) });
      x += slot.width + columnGap;
    }
  }
  const through = (slot: Slot): readonly Point[] => {
    const [x, y] = [centreOf(slot), places.get(slot)?.y ?? 0];
    return [
      { x, y },
      { x, y: y + nodeHeight },
    ];
  };
  return {
    nodes: [...places].flatMap(([slot, place]) => (slot.node === undefined ? [] : [placed(slot.node, slot.width, place)])),
    edges: edges.map((slots) => slots.flatMap(through).slice(1, -1)),
    width,
    height: Math.max(0, rows.length * (nodeHeight + rowGap) - rowGap),
  };
}

/** Fills the rows from the top, so that what leads to a slot is known when it is made. */
function rowsOf(nodes: readonly GraphNode[]): {
  readonly rows: readonly (readonly Slot[])[];
  readonly edges: readonly (readonly Slot[])[];
} {
  const depths = depthsOf(nodes);
  const rows: Slot[][] = [];
  const edges: Slot[][] = [];
  const arriving = new Map<string, Slot[][]>();
  const add = (depth: number, slot: Slot): Slot => {
    (rows[depth] ??= []).push(slot);
    return slot;
  };
  for (const node of nodes.toSorted((left, right) => (depths.get(left.name) ?? 0) - (depths.get(right.name) ?? 0))) {
    const depth = depths.get(node.name) ?? 0;
    const ways = arriving.get(node.name) ?? [];
    const own = add(depth, { node, width: nodeWidth(node), parents: ways.flatMap((way) => way.slice(-1)) });
    for (const way of ways) edges.push([...way, own]);
    for (const child of node.children) {
      const way = [own];
      for (let row = depth + 1; row < (depths.get(child) ?? 0); row++) {
        way.push(add(row, { node: undefined, width: passWidth, parents: way.slice(-1) }));
      }
      arriving.set(child, [...(arriving.get(child) ?? []), way]);
    }
  }
  return { rows, edges };
}

/** By the middle of the parents' centres; what has none keeps its place among its neighbours. */
function inOrder(row: readonly Slot[], centreOf: (slot: Slot) => number): readonly Slot[] {
  if (row.every(({ parents }) => parents.length === 0)) return row;
  const aim = ({ parents }: Slot): number => parents.reduce((sum, parent) => sum + centreOf(parent), 0) / Math.max(1, parents.length);
  return row.toSorted((left, right) => aim(left) - aim(right));
}

function placed(node: GraphNode, width: number, place: Point): PlacedNode {
  return { name: node.name, type: node.type, detail: detailOf(node), ...place, width, height: nodeHeight };
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

function detailOf(node: GraphNode): string {
  return node.topic ?? (node.stores.length === 0 ? node.type : node.stores.join(', '));
}

function nodeWidth(node: GraphNode): number {
  return Math.max(120, Math.ceil(Math.max(node.name.length * characterWidth, detailOf(node).length * 6.4) + 28));
}
