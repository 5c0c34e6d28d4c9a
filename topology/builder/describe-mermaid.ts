import type { TopologyDescription } from './topology-builder-api.ts';

type DescribedNode = TopologyDescription['subTopologies'][number]['nodes'][number];

/** A Mermaid flowchart: topics as rounded boxes, stores as cylinders, a box around each sub-topology. */
export function describeAsMermaid(description: TopologyDescription): string {
  const ids = new Map<string, string>();
  const idOf = (kind: string, name: string) => {
    const label = `${kind}:${name}`;
    const id = ids.get(label) ?? `${kind}${ids.size}`;
    ids.set(label, id);
    return id;
  };
  const lines = ['flowchart LR'];
  for (const { id, nodes } of description.subTopologies) {
    lines.push(`  subgraph sub${id}["sub-topology ${id}"]`);
    for (const node of nodes) lines.push(...drawNode(node, idOf).map((line) => `    ${line}`));
    lines.push('  end');
  }
  for (const { nodes } of description.subTopologies) {
    for (const node of nodes) lines.push(...drawTopic(node, idOf).map((line) => `  ${line}`));
  }
  return lines.join('\n') + '\n';
}

function drawNode(node: DescribedNode, idOf: (kind: string, name: string) => string): string[] {
  const id = idOf('node', node.name);
  const shape = node.type === 'map-async' ? `[["${node.name}"]]` : `["${node.name}"]`;
  return [
    `${id}${shape}`,
    ...node.stores.map((store) => `${id} --- ${idOf('store', store)}[("${store}")]`),
    ...node.children.map((child) => `${id} --> ${idOf('node', child)}`),
  ];
}

function drawTopic(node: DescribedNode, idOf: (kind: string, name: string) => string): string[] {
  if (node.topic === undefined) return [];
  const topic = `${idOf('topic', node.topic)}(["${node.topic}"])`;
  const id = idOf('node', node.name);
  return [node.type === 'source' ? `${topic} --> ${id}` : `${id} --> ${topic}`];
}
