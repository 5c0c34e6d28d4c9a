import type { TopologyDescription } from './topology-builder-api.ts';

type Described = TopologyDescription['subTopologies'][number];
type DescribedNode = Described['nodes'][number];

const kinds = { source: 'Source', processor: 'Processor', 'map-async': 'Processor', sink: 'Sink' } as const;

/** The layout of `org.apache.kafka.streams.TopologyDescription#toString`, which existing tools draw. */
export function describeAsText(description: TopologyDescription): string {
  return ['Topologies:', ...description.subTopologies.map(describeOne)].join('\n');
}

function describeOne(subTopology: Described): string {
  const parents = new Map<string, string[]>();
  for (const node of subTopology.nodes) {
    for (const child of node.children) parents.set(child, [...(parents.get(child) ?? []), node.name]);
  }
  const nodes = subTopology.nodes.map((node) => describeNode(node, parents.get(node.name) ?? []));
  return [`   Sub-topology: ${subTopology.id}`, ...nodes].join('\n') + '\n';
}

function describeNode(node: DescribedNode, parents: readonly string[]): string {
  const lines = [`    ${kinds[node.type]}: ${node.name} ${detailOf(node)}`];
  if (node.type !== 'sink') lines.push(`      --> ${node.children.length === 0 ? 'none' : node.children.join(', ')}`);
  if (node.type !== 'source') lines.push(`      <-- ${parents.join(', ')}`);
  return lines.join('\n');
}

function detailOf(node: DescribedNode): string {
  if (node.type === 'source') return `(topics: [${node.topic}])`;
  if (node.type === 'sink') return `(topic: ${node.topic})`;
  return `(stores: [${node.stores.join(', ')}])`;
}
